"""Sends frames to the sockets of the web chat, from any thread of any process.

The in-memory channel layer belongs to one event loop, so worker threads submit their sends to the server's loop
(`attach`). With Redis any process can send by itself.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer

logger = logging.getLogger(__name__)
_loop: asyncio.AbstractEventLoop | None = None


def attach(loop: asyncio.AbstractEventLoop) -> None:
    """Sets the event loop of this process's server; call it once when the server starts."""
    global _loop
    _loop = loop


def group_name(channel_id: int, chat_id: str) -> str:
    """Returns the name of the Channels group of one visitor of one channel."""
    return f"chat.{channel_id}.{chat_id}"


def publish(channel_id: int, chat_id: str, frame: Mapping[str, Any]) -> None:
    """Sends `frame` to every socket of this visitor. Without a socket, the visitor later reads it in the history."""
    _send(channel_id, chat_id, {"type": "chat.frame", "frame": dict(frame)})


def echo(channel_id: int, chat_id: str, client_id: str, text: str) -> None:
    """Shows a message that came by another way in every window of this visitor; they then wait for its answer."""
    frame = {"type": "echo", "client_id": client_id, "text": text}
    _send(channel_id, chat_id, {"type": "chat.echo", "frame": frame, "sender": ""})


def _send(channel_id: int, chat_id: str, message: Mapping[str, Any]) -> None:
    layer = get_channel_layer()
    sending = layer.group_send(group_name(channel_id, chat_id), message)
    if _loop is not None and _loop.is_running():
        asyncio.run_coroutine_threadsafe(sending, _loop)
        return

    async def send() -> None:
        await sending

    async_to_sync(send)()
