"""Builds a transcript: messages in order with their delivery state and the memories recalled for them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from bots.admin.ui.fragments import shortened
from bots.i18n.failure_texts import describe_column
from bots.models import Conversation, Message, OutboundMessage, StateTransition
from memory.models import MemoryEntry

PAGE = 100
QUOTED = 160  # characters of a quoted message
_STATE_ORDER = ("dead", "unconfirmed", "sending", "pending", "discarded", "sent")


@dataclass(frozen=True, slots=True)
class Recalled:
    """One memory that the bot had recalled for an answer."""

    text: str
    when: datetime
    score: str


@dataclass(frozen=True, slots=True)
class Attached:
    """An attachment; `file_id` is the id of the sent file, None for files that were received."""

    name: str
    file_id: int | None = None


@dataclass(frozen=True, slots=True)
class Bubble:
    """One message. `delivery` is the worst state of its outbox rows, "" when it has none."""

    message: Message
    role: str
    role_label: str
    at: datetime
    delivery: str = ""
    delivery_label: str = ""
    delivery_error: str = ""
    outbound_id: int | None = None
    facts: tuple[str, ...] = ()
    recalled: tuple[Recalled, ...] = ()
    attachments: tuple[Attached, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """A state transition, shown between the messages."""

    at: datetime
    source: str
    target: str


@dataclass(frozen=True, slots=True)
class Transcript:
    """One page, oldest first; `earlier` is the cursor (a message id) of the page before, None on the first page."""

    entries: tuple[Bubble | Step, ...] = ()
    earlier: int | None = None
    total_shown: int = 0
    newest: bool = field(default=True)


def build(conversation: Conversation, before: int | None = None) -> Transcript:
    """Reads one page of a conversation in four queries, however long it is.

    Args:
        conversation: The conversation to show.
        before: Only messages with a smaller id; None for the latest page.
    """
    rows = Message.objects.filter(conversation=conversation).select_related("inbound").order_by("-id")
    if before is not None:
        rows = rows.filter(pk__lt=before)
    page = list(rows[: PAGE + 1])
    more, page = len(page) > PAGE, page[:PAGE][::-1]
    sent = _outbound_by_message(conversation, [message.pk for message in page])
    memories = _memories(conversation, page)
    bubbles = [_bubble(message, sent.get(message.pk, ()), memories) for message in page]
    entries = _with_steps(bubbles, conversation, first_page=not more, last_page=before is None)
    return Transcript(tuple(entries), page[0].pk if more else None, len(page), before is None)


def _outbound_by_message(conversation: Conversation, ids: list[int]) -> dict[int, list[OutboundMessage]]:
    found: dict[int, list[OutboundMessage]] = {}
    rows = OutboundMessage.objects.filter(conversation=conversation, message_id__in=ids).order_by("part")
    for row in rows.only("id", "message_id", "state", "error", "error_code", "error_params", "part"):
        if row.message_id is not None:
            found.setdefault(row.message_id, []).append(row)
    return found


def _memories(conversation: Conversation, page: Iterable[Message]) -> dict[int, MemoryEntry]:
    """Returns the memories that the turns of this page recalled, by id; erased ones are absent."""
    ids = {number for message in page for one in _recalled_entries(message) if isinstance(number := one.get("id"), int)}
    if not ids:
        return {}
    rows = MemoryEntry.objects.for_person(conversation.bot_id, conversation.person_id).filter(pk__in=ids)
    return {row.pk: row for row in rows.only("id", "text", "occurred_at")}


def _recalled_entries(message: Message) -> list[Mapping[str, Any]]:
    meta = message.meta if isinstance(message.meta, dict) else {}
    return [one for one in meta.get("recalled") or () if isinstance(one, Mapping)]


def _bubble(message: Message, parts: Iterable[OutboundMessage], memories: Mapping[int, MemoryEntry]) -> Bubble:
    meta = message.meta if isinstance(message.meta, dict) else {}
    worst = min(parts, key=lambda row: _STATE_ORDER.index(row.state), default=None)
    return Bubble(
        message=message,
        role=message.role,
        role_label=str(message.get_role_display()),
        at=message.occurred_at,
        delivery=worst.state if worst else "",
        delivery_label=str(worst.get_state_display()) if worst else "",
        delivery_error=describe_column(worst, "error") if worst else "",
        outbound_id=worst.pk if worst else None,
        facts=(
            *((_("forgotten: the bot no longer sees it"),) if message.forgotten else ()),
            *_answered(message),
            *_facts(meta),
        ),
        recalled=tuple(_recalled(message, memories)),
        attachments=tuple(_attachment(one, message.role) for one in message.attachments or ()),
    )


def _answered(message: Message) -> Iterable[str]:
    """Yields the message that the person quoted, where the platform sent its words."""
    if message.role != Message.Role.USER or message.inbound is None:
        return
    quote = message.inbound.payload.get("quote")
    text = str(quote.get("excerpt") or quote.get("text") or "") if isinstance(quote, Mapping) else ""
    if text:
        yield _("answers “%(text)s”") % {"text": shortened(text, QUOTED)}


def _facts(meta: Mapping[str, Any]) -> Iterable[str]:
    """Yields model, tokens and duration of an answer, as far as the turn recorded them."""
    if model := meta.get("model") or meta.get("provider"):
        yield _("built-in") if model == Message.BUILT_IN else str(model)
    prompt, completion = meta.get("prompt_tokens"), meta.get("completion_tokens")
    if prompt or completion:
        yield _("%(prompt)s + %(completion)s tokens") % {"prompt": prompt or 0, "completion": completion or 0}
    if milliseconds := meta.get("total_ms") or meta.get("model_ms"):
        yield f"{milliseconds} ms"
    if meta.get(Message.HEARD):
        yield _("heard in a recording")
    if meta.get(Message.UNANSWERED):
        yield _("not answered")
    if meta.get(Message.FAILED):
        yield _("said in place of an answer")
    if meta.get("degraded"):
        yield _("recalled by words only")


def _recalled(message: Message, memories: Mapping[int, MemoryEntry]) -> Iterable[Recalled]:
    for one in _recalled_entries(message):
        entry, score = memories.get(one.get("id", 0)), one.get("score")
        if entry is not None:
            yield Recalled(entry.text, entry.occurred_at, f"{score:.2f}" if isinstance(score, float) else "")


def _attachment(value: Any, role: str) -> Attached:
    if not isinstance(value, Mapping):
        return Attached("file")
    ours = role != Message.Role.USER and str(value.get("id", "")).isdecimal()
    return Attached(str(value.get("name") or value.get("type") or "file"), int(value["id"]) if ours else None)


def _with_steps(
    bubbles: list[Bubble], conversation: Conversation, *, first_page: bool, last_page: bool
) -> list[Bubble | Step]:
    rows = StateTransition.objects.filter(conversation=conversation).order_by("id")
    if bubbles and not first_page:
        rows = rows.filter(at__gte=bubbles[0].at)
    if bubbles and not last_page:
        rows = rows.filter(at__lte=bubbles[-1].at)
    names = dict(Conversation.State.choices)
    steps = [Step(r.at, str(names.get(r.source, r.source)), str(names.get(r.target, r.target))) for r in rows]
    merged: list[Bubble | Step] = [*bubbles, *steps]
    # `sorted` is stable: messages with equal times keep their order
    return sorted(merged, key=lambda entry: entry.at)
