"""The process of the embedded model: it serves until it is stopped, and says where."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from bots.llm import embedded_discovery, embedded_server
from bots.llm.embedded_server import MODEL_NAME, Unavailable
from bots.pipeline.engine.answer import small_model_prompt

__all__ = ["MODEL_NAME", "Unavailable", "running"]


@contextmanager
def running(port: int) -> Iterator[str]:
    """Serves the model on this port or the next free one, warm and announced; yields its URL.

    Raises:
        Unavailable: It cannot run here.
    """
    server, url = embedded_server.start(port)
    embedded_server.warm_up(url, small_model_prompt.usual())
    embedded_discovery.announce(url, MODEL_NAME)
    try:
        yield url
    finally:
        embedded_discovery.withdraw()
        del server
