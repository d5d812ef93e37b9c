"""Forgets one topic: /forget TOPIC, "forget what I said about ...", 忘掉关于...的事. Shows what will go and asks first.

The frame of the confirmation holds the topic and the ids of the memories that the person saw, so that exactly these are
erased.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bots.people import audit_log, staged_erasure
from bots.pipeline.engine.dialog import frames, leaving, timers
from bots.pipeline.engine.dialog.frames import Frame, Kind
from bots.pipeline.engine.turn import Reply, Turn
from clawdbot.chinese import simplified
from memory.lifecycle import topic_search
from memory.models import MemoryEntry
from memory.text.forget_requests import requested, topic_of

__all__ = ["ask_all", "preview", "requested", "topic_of"]

SHOWN = 5
LONGEST_LINE = 120
LONGEST_WAIT = timedelta(hours=1)
"""A yes that comes later deletes nothing: the person may mean something else by it."""
_MARKS = ".,!~。，！～"
_YES = frozenset({"yes", "y", "ok", "sure", "是", "是的", "好", "好的", "确认", "确定"})


def ask_all(turn: Turn, count: int) -> Reply:
    """Asks for confirmation before all memories are deleted."""
    frames.push(turn, Frame("forget"))
    return Reply(
        ngettext(
            "This deletes the one thing I remember of you, for ever. Type “yes” to confirm.",
            "This deletes all %(count)s things I remember of you, for ever. Type “yes” to confirm.",
            count,
        )
        % {"count": count}
    )


def preview(turn: Turn, topic: str) -> Reply:
    """Shows the memories about a topic and asks whether to delete them."""
    found = topic_search.find(turn.scope, topic)
    if not found:
        return Reply(_("I remember nothing about “%(topic)s”, so there is nothing to forget.") % {"topic": topic})
    frames.push(turn, Frame("forget", data={"topic": topic, "ids": found}))
    rows = MemoryEntry.objects.for_person(turn.scope.bot_id, turn.scope.person_id).filter(pk__in=found)
    shown = [_line(turn, row) for row in rows.order_by("kind", "-occurred_at", "-id")[:SHOWN]]
    more = len(found) - len(shown)
    if more > 0:
        shown.append(ngettext("… and %(count)s more", "… and %(count)s more", more) % {"count": more})
    ask = ngettext(
        "This deletes this one thing for ever, and nothing else. Type “yes” to confirm.",
        "This deletes these %(count)s things for ever, and nothing else. Type “yes” to confirm.",
        len(found),
    ) % {"count": len(found)}
    title = _("What I remember about “%(query)s”:") % {"query": topic}
    return Reply("\n".join([title, *shown, "", ask]))


def _line(turn: Turn, row: MemoryEntry) -> str:
    day = date_format(row.occurred_at.astimezone(turn.zone), "DATE_FORMAT")
    who = row.speaker or {"user": _("you"), "operator": _("the team")}.get(row.role, turn.bot.name)
    said = " ".join(row.text.split())
    said = said if len(said) <= LONGEST_LINE else f"{said[: LONGEST_LINE - 1]}…"
    return f"- {day} · {who}{_(': ')}{said}"


def _take(turn: Turn, frame: Frame) -> Reply | None:
    """Erases after a yes. Anything else deletes nothing, and a question or request is answered."""
    if turn.passed_on and not turn.text:  # words of somebody else confirm nothing
        frames.pop(turn)
        return None
    said_yes = simplified(turn.text.strip().rstrip(_MARKS).lower()) in _YES
    if not said_yes or _is_old(turn, frame):
        frames.pop(turn)
        if leaving.changes_subject(turn.text):
            return None
        return Reply(_("Nothing was deleted."))
    if "ids" in frame.data:
        frames.pop(turn)
        return Reply("", act=partial(_erase, turn, str(frame.data["topic"]), list(frame.data["ids"])))
    frames.leave(turn)  # the values of flows are words of the person too
    timers.forget(turn)
    return Reply("", act=partial(_erase, turn))


def _is_old(turn: Turn, frame: Frame) -> bool:
    try:
        return turn.now - datetime.fromisoformat(frame.asked_at) > LONGEST_WAIT
    except (TypeError, ValueError):  # a version without frames has asked
        return False


def _erase(turn: Turn, topic: str = "", ids: list[int] | None = None) -> str:
    """Begins the erasure inside the transaction that closes the turn. Returns the answer.

    Args:
        turn: The turn of the yes.
        topic: What the person wants forgotten; "" for everything.
        ids: The memories that the person saw; None for everything.
    """
    owner = turn.group or turn.person
    if ids is None:
        turn.erasure = staged_erasure.begin(owner, audit_log.HIMSELF)
    else:
        turn.erasure = staged_erasure.begin(owner, audit_log.HIMSELF, ids=ids, topic=topic)
    count = turn.erasure.memories
    return ngettext("Done: %(count)s entry was deleted.", "Done: %(count)s entries were deleted.", count) % {
        "count": count
    }


def _choices(turn: Turn, frame: Frame) -> tuple[str, ...]:
    return (_("Yes"), _("No"))


frames.register("forget", Kind(_take, choices=_choices))
