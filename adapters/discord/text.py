"""Converts what Discord writes as ids in a text: emoji, commands and times. People, channels and roles stay as ids."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from adapters.payload import as_id, as_list, as_text

REFERENCE = re.compile(r"<@!?(?P<user>[0-9]{5,20})>|<#(?P<chat>[0-9]{5,20})>|<@&(?P<role>[0-9]{5,20})>")
_EMOJI = re.compile(r"<a?(:\w{2,32}:)[0-9]{5,20}>")
_COMMAND = re.compile(r"<(/[^:<>\n]{1,100}):[0-9]{5,20}>")
_TIME = re.compile(r"<t:([0-9]{1,11})(?::[tTdDfFR])?>")


def plain(text: str) -> str:
    """Returns the text with emoji, commands and times as people see them."""
    text = _COMMAND.sub(r"\1", _EMOJI.sub(r"\1", text))
    return _TIME.sub(lambda match: f"{datetime.fromtimestamp(int(match[1]), UTC):%Y-%m-%d %H:%M} UTC", text)


def with_names_of(text: str, message: Mapping[str, Any]) -> str:
    """Returns the text of a message with the names of those it mentions, as far as the message tells them."""
    told = [item for item in as_list(message, "mentions") if isinstance(item, dict)]
    names = {as_id(one, "id"): as_text(one, "global_name") or as_text(one, "username") for one in told}
    return REFERENCE.sub(lambda match: f"@{names[match['user']]}" if names.get(match["user"]) else match[0], text)
