"""Refuses writes of this thread while a past turn is answered again.

The engine writes no row of a turn. This holds it to that, so a mistake there costs an error and no person's data.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections

from clawdbot.errors import ClawdbotError
from memory import database

_WRITES = re.compile(
    r"\s*(?:WITH\b.*?\b)?(?:INSERT\s+(?:OR\s+\w+\s+|IGNORE\s+)?INTO|UPDATE|DELETE\s+FROM|REPLACE\s+INTO)\s+"
    r"(?:ONLY\s+)?[\"`]?(\w+)",
    re.IGNORECASE | re.DOTALL,
)
# What calls of a model keep of themselves (health and figures of providers, limits), and the run itself.
_ALLOWED = re.compile(r"bots_(?:modelprovider|provider\w*|limit|balance|reservation|usageday|replayrun)|skills_skill")


class WouldWrite(ClawdbotError):
    """A repeated turn tried to write a row."""

    permanent = True


@contextmanager
def no_writes() -> Iterator[None]:
    """Makes every statement of this thread that writes raise `WouldWrite`, in both databases."""
    with ExitStack() as stack:
        for alias in {DEFAULT_DB_ALIAS, database.alias()}:
            stack.enter_context(connections[alias].execute_wrapper(_refuse))
        yield


def _refuse(go_on: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
    written = _WRITES.match(sql)
    if written is not None and _ALLOWED.fullmatch(written[1]) is None:
        raise WouldWrite(f"a replay must not write {written[1]}")
    return go_on(sql, params, many, context)
