"""Runs the embedded model server and publishes its address."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from bots.llm import embedded_discovery, embedded_server
from bots.llm.embedded_server import MODEL_NAME, Unavailable
from bots.pipeline.engine.answer import small_model_prompt

__all__ = ["MODEL_NAME", "Unavailable", "running"]


@contextmanager
def running(port: int) -> Iterator[str]:
    """Starts the model on this port or the next free one, warms it up, publishes its URL and yields it.

    Raises:
        Unavailable: The model cannot run on this machine.
    """
    server, url = embedded_server.start(port)
    embedded_server.warm_up(url, small_model_prompt.usual())
    embedded_discovery.announce(url, MODEL_NAME)
    try:
        yield url
    finally:
        embedded_discovery.withdraw()
        del server
