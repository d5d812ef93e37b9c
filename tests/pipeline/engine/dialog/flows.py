"""Talks with a bot that has flows, through the whole pipeline."""

from __future__ import annotations

from typing import Any

from bots.models import Channel, Conversation, Message
from bots.people import identities
from skills import catalogue
from tests.builders import make_channel, say
from tests.skills.builders import make_skill

SAMPLES = "tests.skills.flow_samples"


class Chat:
    """One private chat."""

    def __init__(self, channel: Channel, chat: str = "chat-1") -> None:
        self.channel, self.chat = channel, chat

    def say(self, text: str, **values: Any) -> str:
        """Says something and returns what the bot answers in this turn; "" when it is silent."""
        row = say(self.channel, text, chat=self.chat, **values)
        return "\n\n".join(
            Message.objects.filter(inbound=row, role=Message.Role.ASSISTANT)
            .order_by("id")
            .values_list("text", flat=True)
        )

    @property
    def conversation(self) -> Conversation:
        return Conversation.objects.filter(chat_id=self.chat).latest("id")

    @property
    def frames(self) -> list[dict[str, Any]]:
        frames: list[dict[str, Any]] = self.conversation.state_data.get("frames", [])
        return frames

    @property
    def names(self) -> list[str]:
        """The names of the open flows and kinds, the top last."""
        skills = {f"flow:s{entry.skill_id}": entry.name for entry in catalogue.entries(self.channel.bot_id)}
        return [skills.get(frame["flow"], frame["flow"].partition(":")[0]) for frame in self.frames]


def make_chat(*skills: str, chat: str = "chat-1") -> Chat:
    for name in skills:
        make_skill(f"{SAMPLES}.{name}" if name[0].isupper() else name)
    catalogue.clear_cache()
    return Chat(make_channel(), chat)


def restart() -> None:
    """Forgets what a process keeps, as its restart does."""
    catalogue.clear_cache()
    identities.clear_cache()
