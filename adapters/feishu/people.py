"""Who and where: the ids that all of Feishu's events share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adapters.payload import as_id

Json = Mapping[str, Any]

UNTOLD = ""  # chat_type of events that name a chat, but not its kind


def open_id(ids: Json) -> str | None:
    """The person's id in this application, else the best there is."""
    return as_id(ids, "open_id") or as_id(ids, "user_id") or as_id(ids, "union_id")


def alt_id(ids: Json) -> str | None:
    """The person's id in the organisation, where it is not the first one already."""
    return as_id(ids, "user_id") if as_id(ids, "open_id") else None
