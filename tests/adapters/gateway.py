"""A real WebSocket server on loopback, for tests of long connections."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from websockets.sync.server import ServerConnection, serve


@contextmanager
def serving(handler: Callable[[ServerConnection], None]) -> Iterator[str]:
    """Calls `handler` for every connection; yields host and port."""
    with serve(handler, "127.0.0.1", 0) as running:
        thread = threading.Thread(target=running.serve_forever, daemon=True)
        thread.start()
        yield f"127.0.0.1:{running.socket.getsockname()[1]}"
        running.shutdown()
        thread.join(60)
