"""Builders for memory tests."""

from __future__ import annotations

import io
import itertools
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from django.apps import apps
from django.core.management import call_command
from django.utils import timezone

from memory import database
from memory.models import MemoryEntry
from memory.store import MemoryStore
from memory.types import Scope, Turn

MORNING = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
_numbers = itertools.count(1)


def person(bot: Any = None, key: str = "") -> Scope:
    """Makes a person, and a bot unless one is given."""
    number = next(_numbers)
    if bot is None:
        bot = apps.get_model("bots", "Bot").objects.create(slug=f"bot-{number}", name=f"Bot {number}")
    made = apps.get_model("bots", "Person").objects.create(bot=bot, key=key or f"person-{number}")
    return Scope(bot.pk, made.pk)


def other_person(scope: Scope) -> Scope:
    """Makes another person of the same bot."""
    return person(apps.get_model("bots", "Bot").objects.get(pk=scope.bot_id))


def turn(scope: Scope, text: str, *, minute: int = 0, role: str = "user", **fields: Any) -> Turn:
    fields.setdefault("occurred_at", MORNING + timedelta(minutes=minute))
    fields.setdefault("session", "s1")
    fields.setdefault("speaker", "Ann" if role == "user" else "Clawd")
    return Turn(scope.bot_id, scope.person_id, role, text, **fields)  # type: ignore[arg-type]


def say(scope: Scope, *texts: str, **fields: Any) -> list[int]:
    """Stores these texts of the person, one minute apart."""
    with database.atomic():
        return MemoryStore(scope.bot_id).remember([turn(scope, t, minute=i, **fields) for i, t in enumerate(texts)])


def talk(scope: Scope, *texts: str, days_ago: float = 30, session: str = "", **fields: Any) -> list[int]:
    """Stores a finished episode with these texts of the person, one minute apart."""
    at = timezone.now() - timedelta(days=days_ago)
    turns = [
        turn(scope, text, occurred_at=at + timedelta(minutes=i), session=session or f"talk {days_ago}", **fields)
        for i, text in enumerate(texts)
    ]
    with database.atomic():
        return MemoryStore(scope.bot_id).remember(turns)


def facts(scope: Scope, **conditions: Any) -> list[str]:
    """Returns the texts of valid facts of a person (or of those that meet `conditions`), by time."""
    rows = MemoryEntry.objects.for_person(scope.bot_id, scope.person_id).filter(kind="fact")
    rows = rows.filter(**(conditions or {"valid_to": None}))
    return list(rows.order_by("valid_from", "id").values_list("text", flat=True))


def digests(scope: Scope) -> list[str]:
    """Returns the texts of digests of a person, by time."""
    rows = MemoryEntry.objects.for_person(scope.bot_id, scope.person_id).filter(kind="summary")
    return list(rows.order_by("occurred_at").values_list("text", flat=True))


def found(scope: Scope, question: str, **options: Any) -> list[str]:
    """Returns the texts that a recall finds, best first."""
    return [hit.text for hit in MemoryStore(scope.bot_id).recall(scope, question, **options).hits]


def import_line(number: int, **values: Any) -> bytes:
    """Returns line `number` of an import file, with these values on top."""
    fields = {"id": f"n{number}", "role": "user", "text": f"word{number}", "occurred_at": "2026-11-20T09:00:00Z"}
    return json.dumps(fields | values).encode()


def memory_command(*arguments: str) -> tuple[int, str, str]:
    """Runs `manage.py memory`; returns its exit code, stdout and stderr."""
    out, err, code = io.StringIO(), io.StringIO(), 0
    try:
        call_command("memory", *arguments, stdout=out, stderr=err)
    except SystemExit as left:
        code = int(left.code or 0)
    return code, out.getvalue(), err.getvalue()
