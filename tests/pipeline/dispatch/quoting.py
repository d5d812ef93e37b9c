"""Messages of each platform that answer another one."""

from __future__ import annotations

import itertools
from typing import Any

from tests.http_server import Answer, json_answer

Payload = dict[str, Any]
WORDS = "Disk on db-3 is 97% full and I live in Porto"
ASKED = "what does this mean?"
numbers = itertools.count(1)


def answer(**more: Any) -> Answer:
    common = {"ok": True, "result": {"message_id": 9}, "ts": "1.9", "id": "1", "accessToken": "t", "code": 0}
    return json_answer(common | {"tenant_access_token": "t", "sentMessages": [{"id": "901"}]} | more)


def without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_none(item) for key, item in value.items() if item is not None}
    return value
