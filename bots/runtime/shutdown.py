"""An orderly end of the web process."""

from __future__ import annotations

import asyncio
from typing import Any

from bots.webchat import consumer

# Twisted cuts connections without waiting for what was written last.
FLUSH_S = 0.3


def close_sockets_first() -> None:
    """Before the reactor stops, every web-chat socket gets its close frame. Call before `Server.run`."""
    from twisted.internet import defer, reactor

    def begin() -> Any:
        return defer.Deferred.fromFuture(asyncio.ensure_future(_close()))

    # Twisted's interface declares no self, so checkers miscount its parameters.
    reactor.addSystemEventTrigger("before", "shutdown", begin)  # type: ignore[arg-type]


async def _close() -> None:
    await consumer.close_all()
    await asyncio.sleep(FLUSH_S)
