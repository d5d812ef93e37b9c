"""Makes one turn of the parts of an album, which a platform sends as several messages.

Each part is an inbox row, so nothing is lost when a process dies between two parts. The first part waits until no other
has come for `inbox.ALBUM_QUIET_S`, or until the album is whole. Then one transaction puts all parts into the first row
and closes the other rows. From then on the first row is like the row of any other message.

The payload of the row names the parts under `PARTS`, because an edit or a deletion names one of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.db import transaction

from adapters.events import Event
from bots.models import InboundEvent
from bots.models.sql import clock
from bots.pipeline import inbox

PARTS = "album_parts"  # key of the payload: of each part its id, its text and the number of its files
PART_OF = "part_of"  # key of the payload of a part: the row that has its contents
LONGEST = timedelta(seconds=8)  # from the first part; parts that come later are turns of their own
GONE = "deleted"  # type of an attachment whose part was deleted; the others keep their places


def gather(row: InboundEvent) -> bool:
    """Puts the other parts of an album into the claimed row. Does nothing to any other row.

    Returns:
        False when other parts may still come: the row waits for them again.

    Raises:
        ClaimLost: Another worker has the row.
    """
    if not row.payload.get("album") or row.kind != "message" or PARTS in row.payload:
        return True
    rows = [row, *inbox.waiting_parts(row, after=row.pk)]
    wait_s = _wait_s(rows)
    if wait_s > 0:
        inbox.postpone(row, wait_s)
        return False
    with transaction.atomic():
        taken = [row, *(other for other in rows[1:] if _close(other, row))]
        inbox.replace_payload(row, _joined(taken))
    return True


def _wait_s(rows: Sequence[InboundEvent]) -> float:
    """Returns the seconds to wait for further parts; 0 when there is nothing to wait for."""
    size = int(rows[0].payload.get("album_size") or 0)
    now, newest = clock.now(), max(row.received_at for row in rows)
    if 0 < size <= len(rows) or now - rows[0].received_at >= LONGEST or now < newest:  # the clock was set back
        return 0.0
    return max(0.0, inbox.ALBUM_QUIET_S - (now - newest).total_seconds())


def _close(part: InboundEvent, first: InboundEvent) -> bool:
    """Closes the row of a part, whose contents the first row gets. Returns False when it is no longer waiting."""
    kept = {key: part.payload[key] for key in ("kind", "dedupe_key", "chat_id", "message_id") if key in part.payload}
    done = {"state": InboundEvent.State.DONE, "finished_at": clock.now(), "payload": kept | {PART_OF: first.pk}}
    return bool(InboundEvent.objects.filter(pk=part.pk, state=InboundEvent.State.PENDING).update(**done))


def _joined(rows: Sequence[InboundEvent]) -> dict[str, Any]:
    """Returns the payload of the whole album: one message with all files and texts."""
    events = [Event.from_dict(row.payload) for row in rows]
    latest = events[-1]
    events.sort(key=lambda event: event.album_place)  # stable: without places the order of arrival
    lead = next((event for event in events if event.text), events[0])
    whole = replace(
        lead,
        dedupe_key=rows[0].dedupe_key,
        text=_text(event.text for event in events),
        attachments=tuple(item for event in events for item in event.attachments),
        mentions_bot=any(event.mentions_bot for event in events),
        reply_to=next((event.reply_to for event in events if event.reply_to), None),
        reply_token=latest.reply_token,  # it is the last to expire
    )
    parts = [{"id": event.message_id, "text": event.text, "files": len(event.attachments)} for event in events]
    return whole.to_dict() | {PARTS: parts}


def _text(texts: Iterable[str]) -> str:
    return "\n".join(filter(None, texts))


def changed(payload: Mapping[str, Any], message_id: str, text: str | None) -> dict[str, Any] | None:
    """Returns the payload of an album after the edit of a part, or with `text` None after its deletion.

    Returns None when the album has no such part, or no other part.
    """
    parts = payload.get(PARTS) or []
    there = [part["id"] for part in parts if part["id"]]
    if message_id not in there or (text is None and len(there) == 1):
        return None
    new: dict[str, Any] = dict(payload)
    files = list(payload.get("attachments", []))
    at = 0
    for part in parts:
        after = at + part["files"]
        if part["id"] == message_id and text is None:
            files[at:after] = [{"type": GONE}] * (after - at)
        at = after
    # The place of a deleted part stays, so that the files of the others are found.
    new["attachments"] = files
    new[PARTS] = [
        part if part["id"] != message_id else part | ({"text": text} if text is not None else {"id": None, "text": ""})
        for part in parts
    ]
    new["text"] = _text(part["text"] for part in new[PARTS])
    return new


def files_of(payload: Mapping[str, Any], message_id: str) -> range:
    """Returns the positions of a part's files among those of the album."""
    at = 0
    for part in payload.get(PARTS) or []:
        if part["id"] == message_id:
            return range(at, at + part["files"])
        at += part["files"]
    return range(0)
