"""Exports everything that is known of a person as one JSON document.

The document is streamed in pieces, so that a large export does not have to fit into memory. Copies on this machine are
in the person's folder under `CLAWDBOT_HOME/exports`, where an erasure finds them.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Q, QuerySet
from django.utils import timezone

from bots.limits import rules
from bots.models import (
    BroadcastPerson,
    Conversation,
    DialogTimer,
    EvaluationCase,
    Identity,
    Limit,
    Message,
    Person,
    PersonDay,
    ReplayTurn,
    Schedule,
    TurnUsage,
)
from bots.people import audit_log, linking
from memory.lifecycle import transfer
from memory.types import Scope
from skills.models import SkillState, ToolCall

FORMAT = "clawdbot-person-1"
_CHUNK = 500
_PERSON = (
    "key", "kind", "display_name", "language", "time_zone", "quiet_hours", "blocked", "created_at",
    "last_seen_at", "linked_at", "unsubscribed_at",
)  # fmt: skip
_IDENTITY = ("channel__platform", "channel__public_id", "external_id", "alt_id", "user_name", "access", "created_at")
_CONVERSATION = (
    "id", "channel__platform", "channel__public_id", "chat_id", "chat_type", "thread_id", "state", "state_data",
    "summary", "started_at", "last_message_at", "closed_at",
)  # fmt: skip
_MESSAGE = (
    "id", "conversation_id", "role", "text", "attachments", "platform_message_id", "meta", "occurred_at",
)  # fmt: skip
_SET_ASIDE = ("conversation_id", "state", "frame", "due_at")
_USAGE = (
    "conversation_id", "provider", "model", "prompt_tokens", "completion_tokens", "first_token_ms", "model_ms",
    "heard_s", "spoken_characters", "recall_ms", "total_ms", "cost", "created_at",
)  # fmt: skip
_USAGE_DAY = ("day", "calls", "prompt_tokens", "completion_tokens", "money")
_LIMIT = ("kind", "messages_per_minute", "tokens_per_day", "money_per_month")
_TOOL_CALL = (
    "conversation_id", "tool", "arguments", "state", "result", "decided_by", "decided_at", "ms", "at",
)  # fmt: skip
_SKILL_STATE = ("skill__name", "data", "updated_at")
_REPLAY = ("message_id", "state", "answer", "mark", "finished_at")
_SAVED_QUESTION = ("evaluation_set__name", "name", "earlier", "question", "expectations", "created_at")
_BROADCAST = ("broadcast_id", "state", "why", "at")
_REMINDER = (
    "id", "conversation_id", "number", "text", "local", "zone", "rule", "before_s", "state", "next_at", "last_at",
    "stopped", "created_at",
)  # fmt: skip


def pieces(person: Person, actor: audit_log.Actor) -> Iterator[str]:
    """Yields the document in pieces, to be joined. After the last one it writes the export to the audit log.

    Sections: `person`, `linked` (people whose data is kept with this person), `identities`, `conversations` (with the
    values of open flows), `open_questions`, `messages` (also those said in groups), `memories` (also derived, archived
    and superseded ones, with their validity), `reminders`, `labels`, `broadcasts`,
    `usage`, `usage_days`, `limits`, `replays` (messages that were answered again), `saved_questions`, `tool_calls`,
    `skill_states` (what skills keep).
    """
    person = linking.head_of(person)  # who has all the data
    head = {"format": FORMAT, "exported_at": timezone.now(), "bot": person.bot.slug, "person": _facts(person)}
    yield _json(head)[:-1]
    counts: dict[str, int] = {}
    for name, rows in _sections(person):
        yield f',\n"{name}": ['
        count = 0
        for count, row in enumerate(rows(), 1):
            yield ("\n" if count == 1 else ",\n") + _json(row)
        counts[name] = count
        yield "]"
    yield "}\n"
    audit_log.record(audit_log.Action.EXPORT, person, actor, counts=counts)


def document(person: Person, actor: audit_log.Actor) -> str:
    """Returns the whole document, for a download."""
    return "".join(pieces(person, actor))


def file_name(person: Person) -> str:
    """Returns a name for the download that is safe in file systems and HTTP headers."""
    key = "".join(c if c.isascii() and (c.isalnum() or c in "-_") else "_" for c in person.key)[:60]
    return f"{person.bot.slug}-{key}-{timezone.now():%Y%m%d-%H%M%S}.json"


def save(person: Person, actor: audit_log.Actor) -> Path:
    """Writes the document into the person's folder, readable by the owner only. Returns its path."""
    folder = _folder(person)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=folder, suffix=".part")
    with os.fdopen(handle, "w", encoding="utf8") as file:
        file.writelines(pieces(person, actor))
        file.flush()
        os.fsync(file.fileno())
    path = folder / file_name(person)
    Path(name).replace(path)
    return path


def remove(person: Person) -> int:
    """Deletes the copies on this machine. Returns their number."""
    files = count(person)
    shutil.rmtree(_folder(person), ignore_errors=True)
    return files


def remove_of_bot(bot_id: int) -> None:
    """Deletes the copies of all people of a bot on this machine."""
    shutil.rmtree(_home(bot_id), ignore_errors=True)


def count(person: Person) -> int:
    """Returns the number of copies on this machine, including partly written ones."""
    folder = _folder(person)
    return sum(1 for _file in folder.iterdir()) if folder.is_dir() else 0


def _folder(person: Person) -> Path:
    return _home(person.bot_id) / audit_log.pseudonym(person)


def _home(bot_id: int) -> Path:
    return Path(settings.CLAWDBOT.home) / "exports" / str(bot_id)


def _sections(person: Person) -> Iterator[tuple[str, Callable[[], Iterator[dict[str, Any]]]]]:
    chats = Conversation.objects.for_person(person)
    said = Message.objects.filter(Q(person=person) | Q(conversation__person=person))
    yield "linked", lambda: (_facts(one) for one in Person.objects.filter(linked_to=person))
    yield "identities", lambda: _rows(Identity.objects.for_person(person), _IDENTITY)
    yield "conversations", lambda: _rows(chats, _CONVERSATION)
    yield "open_questions", lambda: _rows(DialogTimer.objects.filter(conversation__in=chats), _SET_ASIDE)
    yield "messages", lambda: _rows(said, _MESSAGE)
    yield "memories", lambda: transfer.export_rows(Scope(person.bot_id, person.pk))
    yield "reminders", lambda: _rows(Schedule.objects.for_person(person), _REMINDER)
    yield "labels", lambda: ({"name": name} for name in person.labels.values_list("name", flat=True))
    yield "broadcasts", lambda: _rows(BroadcastPerson.objects.filter(person=person), _BROADCAST)
    yield "usage", lambda: _rows(TurnUsage.objects.for_person(person), _USAGE)
    days = PersonDay.objects.filter(Q(person=person) | Q(person__linked_to=person))
    yield "usage_days", lambda: (_with_cost(row) for row in _rows(days, _USAGE_DAY))
    yield "limits", lambda: _rows(Limit.objects.filter(person=person), _LIMIT)
    yield "replays", lambda: _rows(ReplayTurn.objects.for_person(person), _REPLAY)
    yield "saved_questions", lambda: _rows(EvaluationCase.objects.for_person(person), _SAVED_QUESTION)
    yield "tool_calls", lambda: _rows(ToolCall.objects.for_person(person), _TOOL_CALL)
    kept = SkillState.objects.filter(Q(person=person) | Q(person__linked_to=person))
    yield "skill_states", lambda: _rows(kept, _SKILL_STATE)


def _rows(rows: QuerySet[Any], fields: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    for row in rows.order_by("pk").values(*fields).iterator(chunk_size=_CHUNK):
        yield {
            name.replace("channel__public_id", "channel").replace("channel__", "").replace("__name", ""): row[name]
            for name in fields
        }


def _with_cost(row: dict[str, Any]) -> dict[str, Any]:
    money = row.pop("money")
    return {**row, "cost": Decimal(money) / rules.BILLIONTHS}


def _facts(person: Person) -> dict[str, Any]:
    return {name: getattr(person, name) for name in _PERSON}


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, cls=DjangoJSONEncoder)
