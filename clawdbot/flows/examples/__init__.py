"""Flows to start from: they work as they are, but for the address of the ticket system."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from clawdbot.flows.definition import Flow
from clawdbot.flows.json_form import from_dict

_HERE = Path(__file__).parent


def names() -> list[str]:
    """Returns the names of the examples."""
    return sorted(path.stem for path in _HERE.glob("*.json"))


@cache
def load(name: str) -> Flow:
    """Returns an example.

    Raises:
        OSError: There is none of this name.
    """
    return from_dict(json.loads((_HERE / f"{name}.json").read_text("utf8")))
