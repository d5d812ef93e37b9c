"""Makes one turn of several messages: the parts of an album, and what a person writes in a row (`pipeline.windows`).

Each message is an inbox row, so nothing is lost when a process dies between two of them. The first row waits until the
window is closed. Then one transaction puts all messages into the first row and closes the other rows. From then on the
first row is like the row of any other message. Further messages may join it while its answer is made (interrupt).

The payload of the row names its messages under `PARTS`, because quotes, edits and deletions name one of them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.db import transaction

from adapters.events import Event, Passage
from bots.models import Bot, Channel, InboundEvent
from bots.models.sql import clock
from bots.pipeline import engine, inbox, windows
from bots.pipeline.dispatch import passages, spoken_words, typing_indicator
from bots.pipeline.windows import PARTS, Bursts, Window

PART_OF = "part_of"  # key of the payload of a part: the row that has its contents
GONE = "deleted"  # type of an attachment whose part was deleted; the others keep their places
LOOK_EVERY_S = 0.25  # while a model answers: for messages that interrupt it


class Interrupted(Exception):
    """A new message ended the answer; both are answered in one turn."""


def gather(row: InboundEvent, channel: Channel) -> bool:
    """Puts the other messages of its window into the claimed row. Does nothing to any other row.

    Returns:
        False when other messages may still come: the row waits for them again.

    Raises:
        ClaimLost: Another worker has the row.
    """
    bot = channel.bot
    if windows.TAKEN_BACK in row.payload:
        inbox.replace_payload(row, _without_taken_back(row.payload))
    if row.kind != "message" or not (row.gathers or bot.bursts == Bursts.INTERRUPT):
        return True
    window = windows.of_row(row, bot.bursts)
    wait_s = window.wait_s(bot) if not row.cancel_requested else 0.0
    if wait_s > 0:
        inbox.postpone(row, wait_s, [other.pk for other in window.rows[1:]])
        return False
    if len(window.rows) == 1 and (edited := _edited(row.payload, _changes(window.changes))) is not None:
        inbox.replace_payload(row, edited)
    if len(window.rows) > 1:
        _take(row, channel, window)
    return True


def _without_taken_back(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the payload without the messages that the person deleted while it waited."""
    left = {key: value for key, value in payload.items() if key != windows.TAKEN_BACK}
    for message_id in payload[windows.TAKEN_BACK]:
        left = changed(left, message_id, None) or left
    if left.get("message_id") in payload[windows.TAKEN_BACK]:  # the turn has the name of a message that is still there
        left["message_id"] = next((part["id"] for part in left[PARTS] if part["id"]), None)
    return left


def _take(row: InboundEvent, channel: Channel, window: Window) -> None:
    with transaction.atomic():
        taken = [row, *(other for other in window.rows[1:] if _close(other, row))]
        events = [Event.from_dict(one.payload) for one in taken]
        inbox.replace_payload(row, _joined(row.payload, events, _changes(window.changes)))
    _dismiss(channel, events)


def take_more(row: InboundEvent, turn: engine.Turn) -> str:
    """Puts messages that came while tools were called into the claimed row and its turn. Returns their text.

    A message with more than words is left: it interrupts the turn, or follows it.

    Raises:
        ClaimLost: Another worker has the row.
    """
    channel = turn.channel
    if channel.bot.bursts == Bursts.EACH or row.kind != "message":
        return ""
    window = windows.of_row(row, channel.bot.bursts)
    come = [Event.from_dict(other.payload) for other in window.rows[1:]]
    if not come or any(one.attachments or one.forwards or one.forwarded or one.quote or one.reply_to for one in come):
        return ""
    _take(row, channel, window)
    event = Event.from_dict(row.payload)
    turn.event = replace(event, chat_type=turn.event.chat_type, user_name=turn.event.user_name)
    said = _text(one.text.strip() for one in come)
    turn.text = _text((turn.text, said))
    return said


def interruption(row: InboundEvent, bot: Bot) -> Callable[[], bool]:
    """Returns a check whether a message has come that joins this turn, or an edit; it looks a few times a second."""
    if bot.bursts != Bursts.INTERRUPT or row.kind != "message":
        return lambda: False
    look_at, come = time.monotonic(), False

    def seen() -> bool:
        nonlocal look_at, come
        now = time.monotonic()
        if come or now >= look_at:  # what had come may be in the turn by now
            look_at = now + LOOK_EVERY_S
            window = windows.of_row(row, bot.bursts)
            come = len(window.rows) > 1 or _edited(row.payload, _changes(window.changes)) is not None
        return come

    return seen


def _close(part: InboundEvent, first: InboundEvent) -> bool:
    """Closes the row of a part, whose contents the first row gets. Returns False when it is no longer waiting."""
    kept = {key: part.payload[key] for key in ("kind", "dedupe_key", "chat_id", "message_id") if key in part.payload}
    done = {"state": InboundEvent.State.DONE, "finished_at": clock.now(), "payload": kept | {PART_OF: first.pk}}
    return bool(InboundEvent.objects.filter(pk=part.pk, state=InboundEvent.State.PENDING).update(**done))


def _dismiss(channel: Channel, events: Sequence[Event]) -> None:
    """Tells the platform not to wait for an answer to the earlier messages: the latest one gets it."""
    for event in events[:-1]:
        if event.reply_token and event.reply_token != events[-1].reply_token and not event.album:
            typing_indicator.dismiss(channel, event)


def _changes(rows: Iterable[InboundEvent]) -> dict[str, str]:
    """Returns the new texts of edited messages by id. The rows stay: they change what the turn stores."""
    found: dict[str, str] = {}
    for row in rows:
        event = Event.from_dict(row.payload)
        if event.kind == "edit" and (named := event.target_message_id or event.message_id):
            found[named] = event.text
    return found


def _joined(payload: Mapping[str, Any], events: Sequence[Event], changes: Mapping[str, str]) -> dict[str, Any]:
    """Returns the payload of the whole turn: one message with all files and texts."""
    events = [_reworded(event, changes) for event in events]
    latest = events[-1]
    is_album = all(event.album and event.album == events[0].album for event in events)
    ordered = sorted(events, key=_Places(events))  # stable: without places the order of arrival
    lead = next((event for event in ordered if event.text), ordered[0]) if is_album else latest
    parts = [part for event in ordered for part in _parts_of(event, payload if event is events[0] else {})]
    whole = replace(
        lead,
        dedupe_key=events[0].dedupe_key,
        text=_text(part["text"] for part in parts),
        attachments=tuple(item for event in ordered for item in event.attachments),
        mentions_bot=any(event.mentions_bot for event in events),
        reply_to=next((event.reply_to for event in _late_first(events) if event.reply_to), None),
        quote=next((event.quote for event in _late_first(events) if event.quote), None),
        forwarded=all(event.forwarded for event in events),
        forwards=lead.forwards if is_album else tuple(one for event in ordered for one in _forwards(event)),
        reply_token=latest.reply_token,  # it is the last to expire
        reply_url=latest.reply_url,
    )
    return whole.to_dict() | {PARTS: parts}


class _Places:
    """The sort key of events: where their album stands, then their place in it."""

    def __init__(self, events: Sequence[Event]) -> None:
        self._numbers = {id(event): number for number, event in enumerate(events)}
        self._albums: dict[str, int] = {}
        for number, event in enumerate(events):
            if event.album:
                self._albums.setdefault(event.album, number)

    def __call__(self, event: Event) -> tuple[int, int]:
        return self._albums.get(event.album, self._numbers[id(event)]), event.album_place


def _late_first(events: Sequence[Event]) -> Sequence[Event]:
    return events[::-1]


def _edited(payload: dict[str, Any], changes: Mapping[str, str]) -> dict[str, Any] | None:
    """Returns the payload of a turn after edits of its messages; None when nothing has changed."""
    new = payload
    for message_id, text in changes.items():
        if payload.get(PARTS):
            new = changed(new, message_id, text) or new
        elif message_id == payload.get("message_id") and not payload.get("forwarded"):
            new = new | {"text": text}
    return new if new.get("text") != payload.get("text") else None


def _reworded(event: Event, changes: Mapping[str, str]) -> Event:
    text = changes.get(event.message_id or "")
    return replace(event, text=text) if text is not None and not event.forwarded else event


def _parts_of(event: Event, payload: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Returns the messages that an event stands for: itself, or those that joined it before."""
    known = payload.get(PARTS)
    if known:
        return list(known)
    typed = "" if event.forwarded else _typed(event)
    return [{"id": event.message_id, "text": typed, "files": len(event.attachments), "forwards": len(_forwards(event))}]


def _typed(event: Event) -> str:
    return spoken_words.joined(event.text, spoken_words.of_platform(event.attachments))


def _forwards(event: Event) -> tuple[Passage, ...]:
    """Returns what the event passes on. The words of a forwarded message are somebody else's and stay so."""
    if event.forwarded:
        return passages.said(event, _typed(event))[1]
    return event.forwards


def _text(texts: Iterable[str]) -> str:
    return "\n".join(filter(None, texts))


def changed(payload: Mapping[str, Any], message_id: str, text: str | None) -> dict[str, Any] | None:
    """Returns the payload of a turn after the edit of one of its messages, or with `text` None after its deletion.

    Returns None when the turn has no such message, or no other one.
    """
    parts = payload.get(PARTS) or []
    there = [part["id"] for part in parts if part["id"]]
    if message_id not in there or (text is None and len(there) == 1):
        return None
    new: dict[str, Any] = dict(payload)
    if text is None:
        for name, count in (("attachments", "files"), ("forwards", "forwards")):
            # The place of a deleted part stays, so that the files of the others are found.
            empty = {"type": GONE} if name == "attachments" else {}
            held = list(payload.get(name, []))
            for index in _range(parts, message_id, count):
                if index < len(held):
                    held[index] = empty
            new[name] = held
    new[PARTS] = [
        part if part["id"] != message_id else part | ({"text": text} if text is not None else {"id": None, "text": ""})
        for part in parts
    ]
    new["text"] = _text(part["text"] for part in new[PARTS])
    return new


def files_of(payload: Mapping[str, Any], message_id: str) -> range:
    """Returns the positions of a part's files among those of the turn."""
    return _range(payload.get(PARTS) or [], message_id, "files")


def has(payload: Mapping[str, Any], message_id: str) -> bool:
    """Returns whether the turn has a message with this id of the platform."""
    return any(part["id"] == message_id for part in payload.get(PARTS) or ())


def text_of(payload: Mapping[str, Any], message_id: str) -> str:
    """Returns the text of one message of the turn."""
    return next((str(part["text"]) for part in payload.get(PARTS) or () if part["id"] == message_id), "")


def _range(parts: Sequence[Mapping[str, Any]], message_id: str, count: str) -> range:
    at = 0
    for part in parts:
        if part["id"] == message_id:
            return range(at, at + part.get(count, 0))
        at += part.get(count, 0)
    return range(0)
