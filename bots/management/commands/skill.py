"""`manage.py skill`: write, list, try and switch skills."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import Any

from django.conf import settings

from bots.i18n.program import as_typed
from bots.management.base import OperatorCommand, add_json
from bots.models import Bot
from bots.operations import bots, skill_template, skills
from bots.operations.configuration_log import COMMAND
from bots.operations.errors import OperationError
from skills.models import Skill, SkillHealth


class Command(OperatorCommand):
    help = "Writes a new skill, lists skills, tries a sentence, and enables or disables a skill."

    def add_actions(self, actions: Any) -> None:
        new = actions.add_parser("new", help="write a working skill with its test into a folder")
        new.add_argument("name", help="in lower case, e.g. order_status")
        new.add_argument(
            "--folder",
            metavar="DIR",
            default=settings.NEW_SKILLS_FOLDER,
            help="where the package goes (default: %(default)s)",
        )
        new.add_argument("--no-register", action="store_true", help="only write the files")
        listed = actions.add_parser("list", help="list skills with how they are called and whether they work")
        listed.add_argument("--bot", default="", metavar="SLUG", help="only those of this bot")
        add_json(listed)
        tried = actions.add_parser("try", help="show which skill a sentence calls, why, and its answer")
        tried.add_argument("name", help='the skill that you expect, or "-" for any')
        tried.add_argument("text", help="the sentence of a person")
        tried.add_argument("--bot", default="", metavar="SLUG", help="default: the default bot")
        tried.add_argument(
            "--language", default="", choices=["", "en", "zh", "zh-hans"], help="default: the sentence's"
        )
        tried.add_argument("--effects", action="store_true", help="also run a skill that reaches the outside world")
        add_json(tried)
        for name, told in (("enable", "switch a skill on"), ("disable", "switch a skill off")):
            switch = actions.add_parser(name, help=told)
            switch.add_argument("name", help="name, dotted path or id")
            switch.add_argument("--bot", default="", metavar="SLUG", help="for this bot only")

    def do_new(self, options: dict[str, Any]) -> None:
        made = skill_template.write(options["name"], Path(options["folder"]), register=not options["no_register"])
        for path in made.files:
            self.stdout.write(f"wrote {path}")
        if made.skill is not None:
            advice = f"Try: manage.py skill try {options['name']} ..."
            self.stdout.write(f"{made.module} is a skill of all bots. {as_typed(advice)}")
            return
        if not made.found:
            folder = made.files[0].parent.parent.resolve()
            self.stdout.write(f"Python does not find it there: start the product with PYTHONPATH={folder}")
        self.stdout.write(f"Register {made.module} in the admin, or in the configuration file under skills:.")

    def do_list(self, options: dict[str, Any]) -> None:
        bot = bots.get_bot(options["bot"]) if options["bot"] else None
        skills.load_all()
        off = dict(SkillHealth.objects.exclude(stopped_at=None).values_list("skill_id", "error"))
        overrides = {row.skill_id: row.enabled for row in bot.bot_skills.all()} if bot is not None else {}
        rows = [
            {
                "id": skill.pk,
                "name": skill.name,
                "module": skill.module,
                "enabled": skill.enabled and overrides.get(skill.pk, skill.all_bots or bot is None),
                "triggers": ", ".join(map(str, skill.triggers[:4])) or "of the class",
                "state": skill.load_error or (f"switched off: {off[skill.pk]}" if skill.pk in off else "works"),
            }
            for skill in Skill.objects.order_by("name", "id")
        ]
        if options["json"]:
            self.print_json(rows)
            return
        self.print_table(rows, ("id", "name", "module", "enabled", "triggers", "state"), empty="No skills.")

    def do_try(self, options: dict[str, Any]) -> None:
        bot = bots.get_bot(options["bot"]) if options["bot"] else _default_bot()
        wanted = None if options["name"] == "-" else skills.find(options["name"])
        language = "zh-hans" if options["language"] == "zh" else options["language"]
        effects = skills.Effects.ALL if options["effects"] else skills.Effects.INSIDE
        with contextlib.redirect_stdout(sys.stderr):  # a skill may print; what this command prints may be JSON
            trial = skills.try_text(bot, options["text"], language, effects=effects)
        chosen = trial.chosen
        as_wanted = wanted is None or (chosen is not None and chosen.entry.skill_id == wanted.pk)
        if options["json"]:
            self.print_json(_facts(trial) | {"expected": as_wanted})
        else:
            self._show(trial)
        if wanted is not None and not as_wanted:
            why = skills.why_not_of(bot, wanted) or _why_not(trial, wanted.pk)
            instead = f"; “{chosen.entry.name}” is" if chosen is not None else ""
            raise OperationError(f"{wanted} is not called: {why}{instead}")

    def _show(self, trial: skills.Trial) -> None:
        for one in trial.candidates:
            score = f" {one.score:.2f} (least {one.threshold:.2f})" if one.threshold else ""
            outcome = one.refused or "called"
            self.stdout.write(
                f"{'->' if one.match else '  '} {one.entry.name}: {one.how} {one.evidence!r}{score}: {outcome}"
            )
        if trial.chosen is None:
            self.stdout.write("No skill is called: the model answers.")
        if trial.left_to_model:
            why = "makes two requests" if trial.left_to_model == skills.TWO else "asks for more than the skill does"
            self.stdout.write(f"   the text {why}: a model that calls tools answers it, the skill only without one")
        for name, value in trial.values.items():
            self.stdout.write(f"   {name} = {value}")
        if trial.preview:
            self.stdout.write(f"   preview: {trial.preview}")
        if trial.asks:
            self.stdout.write(f"   asks: {trial.asks}")
        elif trial.ran:
            self.stdout.write(trial.answer)
        elif trial.chosen is not None:
            self.stdout.write(f"   not run, because it has effects ({', '.join(trial.effects)}): --effects runs it")
        self.stdout.write(f"   {trial.ms} ms, {trial.language}")

    def do_enable(self, options: dict[str, Any]) -> None:
        self._switch(options, on=True)

    def do_disable(self, options: dict[str, Any]) -> None:
        self._switch(options, on=False)

    def _switch(self, options: dict[str, Any], *, on: bool) -> None:
        bot = bots.get_bot(options["bot"]) if options["bot"] else None
        skill = skills.switch(bot, options["name"], COMMAND, on=on)
        where = f"for {bot.slug}" if bot is not None else "for all bots"
        self.stdout.write(f"{skill.name} is {'on' if on else 'off'} {where} within two seconds.")


def _default_bot() -> Bot:
    found = Bot.objects.order_by("-is_default", "id").first()
    if found is None:
        raise OperationError("there is no bot: python manage.py bot add")
    return found


def _facts(trial: skills.Trial) -> dict[str, Any]:
    return {
        "text": trial.text,
        "language": trial.language,
        "skill": trial.chosen.entry.name if trial.chosen is not None else None,
        "candidates": [
            {
                "skill": one.entry.name,
                "how": one.how,
                "evidence": one.evidence,
                "score": one.score,
                "threshold": one.threshold,
                "outcome": one.refused or "called",
            }
            for one in trial.candidates
        ],
        "parameters": dict(trial.values),
        "asks": trial.asks,
        "preview": trial.preview,
        "effects": list(trial.effects),
        "left_to_model": trial.left_to_model,
        "ran": trial.ran,
        "ok": trial.ok,
        "answer": trial.answer,
        "ms": trial.ms,
    }


def _why_not(trial: skills.Trial, skill_id: int) -> str:
    for one in trial.candidates:
        if one.entry.skill_id == skill_id:
            return one.refused
    return "nothing in the sentence calls it"
