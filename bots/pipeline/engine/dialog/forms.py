"""Multi-turn forms: while a conversation is COLLECTING, the next message answers the pending question.

`Conversation.state_data` holds the open form: {"form": "skill", ...} or {"form": "forget"}, with
"topic" and "ids" when only a topic is to be forgotten.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bots.models import Conversation
from bots.people import audit_log, staged_erasure
from bots.pipeline.engine.dialog import buttons, forgetting, leaving
from bots.pipeline.engine.ports import context
from bots.pipeline.engine.turn import Reply, Turn
from clawdbot.chinese import simplified
from skills import runner
from skills.parameters import is_sentence

MAX_QUESTIONS = 3  # per slot; then the form is dropped
LONGEST_UNFIT = (5, 8)  # words, Chinese characters; a longer text that does not fit is no try to answer
_MARKS = ".,!~。，！～"
YES = frozenset({"yes", "y", "ok", "sure", "是", "是的", "好", "好的", "确认", "确定"})


def ask_forget(turn: Turn, count: int) -> Reply:
    """Asks for confirmation before all memories are deleted."""
    _open(turn, {"form": "forget"})
    return Reply(
        ngettext(
            "This deletes the one thing I remember of you, for ever. Type “yes” to confirm.",
            "This deletes all %(count)s things I remember of you, for ever. Type “yes” to confirm.",
            count,
        )
        % {"count": count}
    )


def start_skill(turn: Turn, match: runner.Match) -> Reply:
    """Runs the skill, or opens a form for its missing parameters."""
    return _run(turn, match, asked=0)


def resume(turn: Turn) -> Reply | None:
    """Answers the pending question with the message.

    Returns None when the form no longer exists or the message is about something else: the turn goes on without it.
    """
    if turn.passed_on and not turn.text:  # words of somebody else are no answer to a question
        turn.move("resume")
        return None
    form = turn.conversation.state_data
    word = simplified(turn.text.strip().rstrip(_MARKS).lower())
    if form.get("form") == "forget":
        return _forget(turn, form, confirmed=word in YES)
    match = runner.restore(turn.bot.pk, form.get("match") or {}, turn.text)
    if match is None:
        turn.move("resume")
        return None
    if not runner.is_choice(match):
        if leaving.cancels(turn.text):
            turn.move("resume")
            return Reply(_("All right, I dropped it."), remember=True, remember_answer=False)
        unfit = is_sentence(turn.text, *LONGEST_UNFIT) and not runner.fits(match)
        if unfit or leaving.changes_subject(turn.text):
            turn.move("resume")
            return None
    return _run(turn, match, asked=int(form.get("asked", 0)))


def _run(turn: Turn, match: runner.Match, asked: int) -> Reply:
    entry = match.entry
    key = context.key_of(turn, f"skill:{entry.skill_id}")
    lent = context.build(turn, key=key, skill_id=entry.skill_id, timeout_s=entry.timeout_s, journaled=True)
    result = runner.run(match, lent)
    if result.needs is not None and result.needs.slot != match.answer:
        asked = 0  # the next parameter has its own tries
    if result.needs is not None and asked < MAX_QUESTIONS:
        _open(turn, {"form": "skill", "match": result.needs.match, "asked": asked + 1})
        meta = {"skill": match.name, **buttons.meta(result.buttons)}
        return Reply(result.needs.question, remember=True, remember_answer=False, meta=meta)
    if turn.conversation.state == Conversation.State.COLLECTING:
        turn.move("resume")
    text = result.text if result.needs is None else _("I could not make that out, so I dropped it.")
    return Reply(
        text,
        parts=result.parts,
        remember=True,
        remember_answer=False,
        skill_run=result.record,
        meta={"skill": match.name, "ok": result.ok, "ms": round(result.ms), **buttons.meta(result.buttons)},
    )


def _open(turn: Turn, form: dict[str, Any]) -> None:
    turn.move("ask_details", form)


def _forget(turn: Turn, form: dict[str, Any], *, confirmed: bool) -> Reply | None:
    turn.move("resume")
    if not confirmed:
        if leaving.changes_subject(turn.text):
            return None
        return Reply(_("Nothing was deleted."))
    if "ids" in form:
        return forgetting.confirmed(turn, str(form["topic"]), list(form["ids"]))
    return Reply("", act=partial(_erase, turn))


def _erase(turn: Turn) -> str:
    """Begins the erasure inside the transaction that closes the turn. Returns the answer."""
    turn.erasure = staged_erasure.begin(turn.group or turn.person, audit_log.HIMSELF)
    count = turn.erasure.memories
    return ngettext("Done: %(count)s entry was deleted.", "Done: %(count)s entries were deleted.", count) % {
        "count": count
    }
