"""Closes web-chat sockets before the web process stops."""

from __future__ import annotations

import asyncio
from typing import Any

from bots.webchat import consumer

# Twisted drops connections without flushing the last writes.
FLUSH_S = 0.3


def close_sockets_first() -> None:
    """Makes the reactor send every web-chat socket a close frame before it stops. Call before `Server.run`."""
    from twisted.internet import defer, reactor

    def begin() -> Any:
        return defer.Deferred.fromFuture(asyncio.ensure_future(_close()))

    # Twisted's interface declares no self, so checkers miscount its parameters.
    reactor.addSystemEventTrigger("before", "shutdown", begin)  # type: ignore[arg-type]


async def _close() -> None:
    await consumer.close_all()
    await asyncio.sleep(FLUSH_S)
