"""Sets of saved questions: look-up, import, export, and questions made of past turns."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import yaml
from django.db import transaction
from django.utils.translation import gettext as _

from bots.models import Bot, EvaluationCase, EvaluationSet, Message, ReplayTurn
from bots.operations import configuration_log
from bots.operations.errors import OperationError
from bots.replays import expectations, selection
from bots.replays.expectations import KINDS
from clawdbot.storable_text import storable

if TYPE_CHECKING:
    from bots.people.audit_log import Actor

__all__ = ["FORMATS", "KINDS", "add_turn", "checked", "earlier_of", "export", "find", "held_by_case", "load"]

FORMATS = ("yaml", "jsonl")
LARGEST_BYTES = 4 * 1024 * 1024
MOST_CASES = 2000
LONGEST_QUESTION = 20_000
_EARLIER = 6
_ROLES = {"user": "user", "assistant": "assistant", "bot": "assistant"}


def find(name: str) -> EvaluationSet:
    """Returns the set of this name, without regard to case.

    Raises:
        OperationError: There is none, or several that differ in case only.
    """
    rows = EvaluationSet.objects.select_related("bot")
    exact = rows.filter(name=name.strip()).first()
    found = [exact] if exact is not None else list(rows.filter(name__iexact=name.strip())[:2])
    if len(found) != 1:
        raise OperationError(_("There is no set of questions “%(name)s”.") % {"name": name.strip()[:100]})
    return found[0]


def checked(value: Any) -> list[dict[str, str]]:
    """Returns expectations as they are stored.

    Raises:
        OperationError: One is wrong; the text says which and why.
    """
    try:
        return expectations.checked(value)
    except expectations.BadExpectation as error:
        raise OperationError(str(error)) from None


def earlier_of(value: Any) -> list[dict[str, str]]:
    """Returns what was said before a question as it is stored: texts are of the person.

    Raises:
        OperationError: It is no list of messages.
    """
    if not isinstance(value, list):
        raise OperationError(_("What was said before must be a list."))
    found = []
    for one in value:
        said = {"role": "user", "text": one} if isinstance(one, str) else one
        role = _ROLES.get(str(said.get("role"))) if isinstance(said, Mapping) else None
        if role is None or not isinstance(said.get("text"), str) or not said["text"].strip():
            raise OperationError(_("A message said before has a role (user or assistant) and a text."))
        found.append({"role": role, "text": storable(said["text"])[:LONGEST_QUESTION]})
    return found


def load(text: str, name: str, bot: Bot, actor: Actor, *, replace: bool = False) -> EvaluationSet:
    """Makes a set of a YAML or JSONL document: all of it, or nothing.

    YAML is a list of questions, or {"questions": [...]}; JSONL is one question a line. A question has `question`, and
    may have `name`, `earlier`, `expect` (a list) and `enabled`.

    Args:
        text: The document.
        name: Name of the set.
        bot: Its bot.
        actor: Who imports it.
        replace: The questions of a set of this name are replaced.

    Raises:
        OperationError: The document is wrong, or there is a set of this name.
    """
    name = " ".join(name.split())[:100]
    if not name:
        raise OperationError(_("The set needs a name."))
    cases = _cases(text)
    with transaction.atomic():
        made = EvaluationSet.objects.filter(name=name).first()
        if made is not None and not replace:
            raise OperationError(_("There is a set “%(name)s” already.") % {"name": name})
        if made is None:
            made = EvaluationSet.objects.create(name=name, bot=bot)
            action = configuration_log.Action.ADDED
        else:
            if made.bot_id != bot.pk:
                raise OperationError(_("The set of this name belongs to another bot."))
            made.cases.all().delete()
            action = configuration_log.Action.CHANGED
        for case in cases:
            case.evaluation_set = made
        EvaluationCase.objects.bulk_create(cases, batch_size=200)
        configuration_log.record(action, made, actor, ["cases"])
    return made


def _cases(text: str) -> list[EvaluationCase]:
    if len(text.encode("utf-8", "replace")) > LARGEST_BYTES:
        raise OperationError(_("The file is larger than 4 MB."))
    rows = _rows(text.lstrip("\ufeff"))
    if not rows:
        raise OperationError(_("The file holds no question."))
    if len(rows) > MOST_CASES:
        raise OperationError(_("A set has at most %(n)s questions.") % {"n": MOST_CASES})
    names: set[str] = set()
    return [_case(number, row, names) for number, row in enumerate(rows, 1)]


def _rows(text: str) -> list[Any]:
    try:
        if text.lstrip().startswith("{") and _is_json(text.strip().splitlines()[0]):
            return [json.loads(line) for line in text.splitlines() if line.strip()]
        read = yaml.safe_load(text)
    except (yaml.YAMLError, json.JSONDecodeError, RecursionError, ValueError) as error:
        told = " ".join(str(error).split())[:200]
        raise OperationError(_("The file cannot be read: %(why)s") % {"why": told}) from None
    read = read.get("questions") if isinstance(read, dict) else read
    return read if isinstance(read, list) else []


def _is_json(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (json.JSONDecodeError, RecursionError):
        return False


def _case(number: int, row: Any, names: set[str]) -> EvaluationCase:
    try:
        if not isinstance(row, Mapping):
            raise OperationError(_("it is no object with a question"))
        if unknown := set(map(str, row)) - {"name", "question", "earlier", "expect", "enabled"}:
            raise OperationError(_("unknown: %(names)s") % {"names": ", ".join(sorted(unknown))[:100]})
        question = row.get("question")
        if not isinstance(question, (str, int, float)) or isinstance(question, bool) or not str(question).strip():
            raise OperationError(_("the question is missing"))
        if len(str(question)) > LONGEST_QUESTION:
            raise OperationError(_("the question is too long"))
        return EvaluationCase(
            name=_free(" ".join(storable(str(row.get("name") or question)).split())[:90], names),
            question=storable(str(question)),
            earlier=earlier_of(row.get("earlier") or []),
            expectations=checked(row.get("expect") or []),
            enabled=row.get("enabled", True) is not False,
        )
    except OperationError as error:
        raise OperationError(_("Question %(n)s: %(why)s") % {"n": number, "why": error}) from None


def _free(name: str, names: set[str]) -> str:
    """Returns the name, with a number when it is taken."""
    free, number = name, 1
    while free.casefold() in names:
        number += 1
        free = f"{name} ({number})"
    names.add(free.casefold())
    return free


def export(questions: EvaluationSet, kind: str) -> str:
    """Returns the set as a document of one of `FORMATS`, which `load` reads."""
    rows = list(_exported(questions))
    if kind == "jsonl":
        return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    return yaml.safe_dump({"questions": rows}, allow_unicode=True, sort_keys=False, width=120)


def _exported(questions: EvaluationSet) -> Iterator[dict[str, Any]]:
    for case in questions.cases.all():
        row: dict[str, Any] = {"name": case.name, "question": case.question}
        if case.earlier:
            row["earlier"] = case.earlier
        if case.expectations:
            row["expect"] = [{one["kind"]: one["value"]} for one in case.expectations]
        yield row if case.enabled else row | {"enabled": False}


def add_turn(questions: EvaluationSet, asked: Message, actor: Actor) -> EvaluationCase:
    """Adds a past turn to a set: its question, what was said before, and the tools that it called.

    It holds the person's words, so it goes with their message.

    Raises:
        OperationError: It is no message of a person of this bot, or it is in the set already.
    """
    if asked.role != Message.Role.USER or asked.conversation.bot_id != questions.bot_id or asked.forgotten:
        raise OperationError(_("Only a message of a person of the same bot can be added."))
    if questions.cases.filter(message=asked).exists():
        raise OperationError(_("The message is in this set already."))
    if not asked.text.strip():
        raise OperationError(_("A message without text cannot be added."))
    before = asked.conversation.messages.filter(pk__lt=asked.pk, forgotten=False).order_by("-pk")[:_EARLIER]
    earlier = [{"role": _role(one), "text": one.text} for one in before if one.text][::-1]
    tools = dict.fromkeys(selection.then(asked)["tools"])
    with transaction.atomic():
        names = {name.casefold() for name in questions.cases.values_list("name", flat=True)}
        case = EvaluationCase.objects.create(
            evaluation_set=questions,
            name=_free(" ".join(asked.text.split())[:90], names),
            question=asked.text[:LONGEST_QUESTION],
            earlier=earlier,
            expectations=[{"kind": "calls", "value": name} for name in tools][: expectations.MOST],
            message=asked,
        )
        configuration_log.record(configuration_log.Action.CHANGED, questions, actor, ["cases"])
    return case


def _role(said: Message) -> str:
    return "user" if said.role == Message.Role.USER else "assistant"


def held_by_case(rows: list[ReplayTurn]) -> dict[int, tuple[int, int]]:
    """Returns by case how many of its attempts hold and how many were judged."""
    found: dict[int, tuple[int, int]] = {}
    for row in rows:
        if row.case_id is not None and row.held is not None:
            held, judged = found.get(row.case_id, (0, 0))
            found[row.case_id] = (held + row.held, judged + 1)
    return found
