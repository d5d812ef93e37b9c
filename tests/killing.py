"""Interrupts work before one of its SQL statements, as SIGKILL does, and recovers as another process."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from django.utils import timezone

from bots.people import identities
from bots.pipeline import inbox, memory_outbox, outbox
from bots.pipeline.dispatch.dispatcher import MessageDispatcher
from bots.pipeline.outbox import journal
from bots.pipeline.queue import workers
from memory import database


class Killed(BaseException):
    """Simulates SIGKILL: no handler of the product catches it."""


def die_at(number: int) -> Callable[..., Any]:
    """Returns an execute wrapper that kills before statement `number`, counted over both databases."""
    statements = itertools.count(1)

    def wrapper(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if next(statements) == number:
            raise Killed
        return execute(sql, params, many, context)

    return wrapper


def kill_before_statement(number: int, work: Callable[[], object]) -> bool:
    """Returns whether `work` was killed there; then all connections are closed, as those of a dead process."""
    wrapper = die_at(number)
    aliases = {DEFAULT_DB_ALIAS, database.alias()}
    held = [connections[alias].execute_wrapper(wrapper) for alias in aliases]
    for one in held:
        one.__enter__()
    try:
        work()
    except Killed:
        for alias in aliases:
            connections[alias].close()
        return True
    finally:
        for one in reversed(held):
            one.__exit__(None, None, None)
    return False


def recover() -> None:
    """Does what the sweep of another process does: releases claims of the dead process and works off due rows."""
    identities.clear_cache()
    journal.clear_cache()
    workers.clear_cache()
    living, before = {workers.current()}, timezone.now() + timedelta(seconds=1)
    inbox.free_dead_claims(living, before)
    outbox.free_dead_claims(living, before)
    for row_id, _platform in inbox.due():
        MessageDispatcher().process(row_id)
    memory_outbox.catch_up()
    for row_id, _platform in outbox.due():
        outbox.deliver(row_id)
