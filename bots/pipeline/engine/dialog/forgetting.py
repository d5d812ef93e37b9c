"""Forgets one topic: /forget TOPIC, "forget what I said about ...", 忘掉关于...的事. Shows what will go and asks first.

The open form holds the topic and the ids of the memories that the person saw, so that exactly these are erased.
"""

from __future__ import annotations

from functools import partial

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bots.people import audit_log, staged_erasure
from bots.pipeline.engine.turn import Reply, Turn
from memory.lifecycle import topic_search
from memory.models import MemoryEntry
from memory.text.forget_requests import requested, topic_of

__all__ = ["confirmed", "preview", "requested", "topic_of"]

SHOWN = 5
LONGEST_LINE = 120


def preview(turn: Turn, topic: str) -> Reply:
    """Shows the memories about a topic and asks whether to delete them."""
    found = topic_search.find(turn.scope, topic)
    if not found:
        return Reply(_("I remember nothing about “%(topic)s”, so there is nothing to forget.") % {"topic": topic})
    turn.move("ask_details", {"form": "forget", "topic": topic, "ids": found})
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


def confirmed(turn: Turn, topic: str, ids: list[int]) -> Reply:
    """Returns the reply that erases the memories which the person saw."""
    return Reply("", act=partial(_erase, turn, topic, ids))


def _erase(turn: Turn, topic: str, ids: list[int]) -> str:
    """Begins the erasure inside the transaction that closes the turn. Returns the answer."""
    turn.erasure = staged_erasure.begin(turn.group or turn.person, audit_log.HIMSELF, ids=ids, topic=topic)
    count = turn.erasure.memories
    return ngettext("Done: %(count)s entry was deleted.", "Done: %(count)s entries were deleted.", count) % {
        "count": count
    }
