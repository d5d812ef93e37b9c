"""A bot, a socket, and answers through the real queues without a model."""

from __future__ import annotations

import json
from typing import Any

from channels.db import database_sync_to_async
from channels.routing import URLRouter
from channels.testing import WebsocketCommunicator
from django.utils import timezone

from adapters.web.events import facts_of
from bots.channels.web import broadcast
from bots.channels.web.frames import message_frame
from bots.models import Bot, Channel, Conversation, Identity, InboundEvent, Message, Person
from bots.operations import web_channels
from bots.webchat.routing import websocket_urlpatterns

HOST = "chat.test"
APPLICATION = URLRouter(websocket_urlpatterns)


def make_bot(slug: str = "ada", **values: Any) -> Bot:
    return Bot.objects.create(slug=slug, name=values.pop("name", "Ada"), **values)


class Socket(WebsocketCommunicator):
    """The socket of a browser; frames are parsed."""

    def __init__(
        self, slug: str = "ada", *, query: str = "", origin: str = f"http://{HOST}", address: str = ""
    ) -> None:
        headers = [(b"host", HOST.encode())]
        if origin:
            headers.append((b"origin", origin.encode()))
        super().__init__(APPLICATION, f"/ws/chat/{slug}/{query}", headers)
        self.scope["client"] = [address or "203.0.113.5", 4711]

    async def open(self) -> dict[str, Any]:
        """Connects; returns the hello frame."""
        connected, _ = await self.connect(timeout=60)
        assert connected
        return await self.frame()

    async def frame(self) -> dict[str, Any]:
        frame: dict[str, Any] = json.loads(await self.receive_from(timeout=60))
        return frame

    async def say(self, text: Any, client_id: Any = "c1") -> None:
        await self.send_to(text_data=json.dumps({"type": "message", "text": text, "client_id": client_id}))

    async def closed_with(self) -> int:
        """Returns the close code; fails on any other frame."""
        message = await self.receive_output(timeout=60)
        assert message["type"] == "websocket.close", message
        return int(message["code"])


async def open_socket(slug: str = "ada", **values: Any) -> tuple[Socket, dict[str, Any]]:
    socket = Socket(slug, **values)
    return socket, await socket.open()


def answer_now(bot: Bot, text: str = "Hello **there**", *, publish: bool = True) -> Message:
    """Answers the oldest pending event of the web chat with `text`, as a turn does, and publishes the frame."""
    channel = web_channels.ensure_web_channel(bot)
    row = InboundEvent.objects.filter(channel=channel, state=InboundEvent.State.PENDING).order_by("id")[0]
    conversation = _conversation(channel, row.payload["chat_id"])
    client_id = facts_of(row.payload).client_id
    common = {"conversation": conversation, "person": conversation.person, "inbound": row, "client_id": client_id}
    Message.objects.create(role="user", text=row.payload["text"], **common)
    answer = Message.objects.create(role="assistant", text=text, **common)
    InboundEvent.objects.filter(pk=row.pk).update(state=InboundEvent.State.DONE, finished_at=timezone.now())
    if publish:
        broadcast.publish(channel.pk, conversation.chat_id, message_frame(answer))
    return answer


def _conversation(channel: Channel, visitor_id: str) -> Conversation:
    identity = Identity.objects.filter(channel=channel, external_id=visitor_id).first()
    if identity is None:
        person = Person.objects.create(bot=channel.bot)
        identity = Identity.objects.create(channel=channel, external_id=visitor_id, person=person)
    found, _ = Conversation.objects.get_or_create(
        bot=channel.bot, channel=channel, chat_id=visitor_id, closed_at=None, defaults={"person": identity.person}
    )
    return found


def in_thread(function: Any) -> Any:
    return database_sync_to_async(function, thread_sensitive=False)
