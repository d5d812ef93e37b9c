"""Translates the names that the audit log stores: actors, counts and the findings of a proof."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from bots.models import AuditEntry

_ACTORS = {
    AuditEntry.HIMSELF: _("the person"),
    AuditEntry.COMMAND: _("command line"),
    "schedule": _("the schedule"),
    AuditEntry.UNKNOWN: _("unknown name"),
    AuditEntry.PLATFORM: _("the platform"),
}
_KINDS = {
    "audit": _("audit entries"),
    "backups": _("runs of backups"),
    "consolidation": _("consolidation runs"),
    "history": _("lines of the admin's history"),
    "inbox": _("events of the inbox"),
    "outbox": _("rows of the outbox"),
    "runs": _("runs of skills"),
    "sessions": _("expired log-ins"),
    "stray_files": _("stray files"),
    "tools": _("tool calls"),
    "transitions": _("state transitions"),
    "unused_files": _("unused files"),
    "accounts": _("accounts"),
    "balances": _("balances"),
    "broadcasts": _("broadcasts"),
    "by_meaning": _("found by meaning again"),
    "by_words": _("found by words again"),
    "conversations": _("conversations"),
    "events": _("received events"),
    "exports": _("export files"),
    "files": _("received files"),
    "identities": _("identities"),
    "labels": _("labels"),
    "limits": _("limits"),
    "linked": _("linked people"),
    "memories": _("memories"),
    "messages": _("messages"),
    "people": _("people"),
    "recent_turns": _("recent turns"),
    "reminded": _("reminders delivered"),
    "reminders": _("reminders"),
    "replays": _("repeated turns"),
    "rows": _("rows of the memory"),
    "saved_questions": _("saved questions"),
    "sent": _("messages in the outbox"),
    "sent_files": _("sent files"),
    "skill_runs": _("runs of skills"),
    "skill_states": _("states of skills"),
    "open_questions": _("open questions"),
    "sources": _("sources of memories"),
    "stored_bytes": _("files in the storage"),
    "tool_calls": _("tool calls"),
    "usage": _("usage"),
    "usage_days": _("usage of people by day"),
    "waiting": _("not yet remembered"),
}


def actor(name: str) -> str:
    """Returns who acted: a user's name unchanged, any other actor in the reader's language."""
    return str(_ACTORS.get(name, name))


def pairs(counted: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Returns a label and a number for each thing that was counted or searched for."""
    return [(_kind(name), _number(value)) for name, value in counted.items()]


def in_short(counted: Mapping[str, Any]) -> str:
    """Returns one line with the counts above zero; with all counts when every one is zero."""
    some = {name: value for name, value in counted.items() if value} or counted
    return _joined(f"{name} {number}" for name, number in pairs(some)) or "–"


def _joined(parts: Iterable[str]) -> str:
    return gettext(", ").join(parts)


def _kind(name: str) -> str:
    if name in _KINDS:
        return str(_KINDS[name])
    # a proof over several memories numbers the names from the second one on: rows_1, by_words_1, ...
    kind, _sign, number = name.rpartition("_")
    if kind in _KINDS and number.isdecimal():
        return gettext("%(what)s (%(n)s)") % {"what": _KINDS[kind], "n": int(number) + 1}
    return name


def _number(value: Any) -> str:
    if isinstance(value, Mapping):
        return gettext("%(found)s in %(asked)s searches") % {
            "found": value.get("found", "–"),
            "asked": value.get("asked", "–"),
        }
    return str(value)
