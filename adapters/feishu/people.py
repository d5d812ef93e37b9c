"""Reads the ids of users and chats that all Feishu events share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adapters.payload import as_id

Json = Mapping[str, Any]

UNKNOWN_CHAT_TYPE = ""  # chat_type of events that name a chat, but not its type


def open_id(ids: Json) -> str | None:
    """Returns the person's id in this application, else the next best id."""
    return as_id(ids, "open_id") or as_id(ids, "user_id") or as_id(ids, "union_id")


def alt_id(ids: Json) -> str | None:
    """Returns the person's id in the organisation, unless `open_id` returns it already."""
    return as_id(ids, "user_id") if as_id(ids, "open_id") else None
