"""Signed notifications of WhatsApp."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from adapters.events import Event
from tests.adapters.contract import CASES


def notified(*messages: dict[str, Any], contacts: Sequence[dict[str, Any]] = ()) -> tuple[Event, ...]:
    """Returns the events of one signed notification with these messages."""
    case = CASES["whatsapp"]
    value = {"messaging_product": "whatsapp", "messages": list(messages), "contacts": list(contacts)}
    body = {"object": "whatsapp_business_account", "entry": [{"changes": [{"field": "messages", "value": value}]}]}
    return case.adapter(case.secrets[0]).receive(case.genuine(json.dumps(body).encode())).events
