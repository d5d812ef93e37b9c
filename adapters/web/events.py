"""Converts a message of the chat page to an event of the web channel, and reads its facts back for the turn."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from adapters.commands import parse_command
from adapters.events import Attachment, Event, EventKind

PLATFORM = "web"


@dataclass(frozen=True, slots=True)
class WebFacts:
    """Facts that the browser sends with the text.

    Attributes:
        client_id: The page's id of the message; frames of its turn carry it.
        language: Language tag of the page, such as "zh-CN"; "" when unknown.
        time_zone: IANA name; "" when unknown.
        staff: The visitor is logged in as one of the team. The server says so, never the page.
    """

    client_id: str = ""
    language: str = ""
    time_zone: str = ""
    staff: bool = False


def dedupe_key(visitor_id: str, client_id: str) -> str:
    return f"{visitor_id}:{client_id}"


def message_event(
    visitor_id: str, text: str, facts: WebFacts, press: str = "", attachments: tuple[Attachment, ...] = ()
) -> Event:
    """Returns the event of a visitor's message, or with `press` of a pressed button that shows the text.

    `data` holds the facts as JSON; read them with `facts_of`. `args` of a press is the payload of the button.
    """
    command, _, args = parse_command(text) if not press else ("", "", press)
    return Event(
        kind=EventKind.ACTION if press else EventKind.MESSAGE,
        dedupe_key=dedupe_key(visitor_id, facts.client_id),
        user_id=visitor_id,
        chat_id=visitor_id,
        message_id=facts.client_id,
        text=text,
        command=command,
        args=args,
        attachments=attachments,
        data=json.dumps(asdict(facts)),
    )


def facts_of(payload: Mapping[str, object]) -> WebFacts:
    """Returns the facts of a stored event (`InboundEvent.payload`); empty ones for an event of another platform."""
    try:
        values = json.loads(str(payload.get("data") or "{}"))
    except ValueError:
        return WebFacts()
    if not isinstance(values, dict):
        return WebFacts()
    texts = {name: str(values.get(name) or "") for name in ("client_id", "language", "time_zone")}
    return WebFacts(**texts, staff=values.get("staff") is True)
