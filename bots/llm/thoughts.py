"""What a model thought before an answer in OpenAI's shape. Nobody reads it, but some models need it back.

While a model calls tools, Gemini wants the signature of each call, and DeepSeek and Kimi want their reasoning, in the
next request of the same loop. Later turns are sent without: many endpoints refuse it there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bots.llm.types import ChatMessage, Messages

_TEXTS = ("reasoning_content", "reasoning")
_LONGEST = 200_000


class Thoughts:
    """Gathers them from a message or from the deltas of a stream.

    Attributes:
        seen: The model thinks.
    """

    def __init__(self) -> None:
        self.seen = False
        self._text = ""
        self._signatures: dict[int, Any] = {}
        self._other: dict[str, Any] = {}

    def take(self, message: Mapping[str, Any]) -> None:
        """Takes a message or a delta."""
        written = next((message[name] for name in _TEXTS if isinstance(message.get(name), str) and message[name]), "")
        self._text = (self._text + written)[:_LONGEST]
        self.seen = self.seen or bool(written) or bool(message.get("reasoning_details"))
        calls = message.get("tool_calls")
        for place, call in enumerate(calls if isinstance(calls, list) else ()):
            if isinstance(call, dict) and isinstance(call.get("extra_content"), dict):
                index = call.get("index")
                self._signatures.setdefault(index if isinstance(index, int) else place, call["extra_content"])
        if isinstance(other := message.get("thoughts"), dict):
            self._other, self.seen = other, True

    def repeated_by(self, text: str) -> bool:
        """Returns whether the text is what the model thought: some servers send it as the answer when it is cut."""
        return bool(text.strip()) and text.strip() == self._text.strip()

    def kept(self) -> dict[str, Any] | None:
        """Returns what the model may need again; None without any."""
        found = dict(self._other)
        if self._text:
            found["reasoning"] = self._text
        if self._signatures:
            found["signatures"] = self._signatures
        return found or None


def of_model(messages: Messages, model: tuple[str, str]) -> Messages:
    """Returns the messages without what another model thought: it is of no use, and its signature is refused."""
    if not any("thoughts" in message for message in messages):
        return messages
    found: list[ChatMessage] = []
    for message in messages:
        foreign = "thoughts" in message and message["thoughts"].get("of") != model
        found.append(_without_thoughts(message) if foreign else message)
    return found


def _without_thoughts(message: ChatMessage) -> ChatMessage:
    plain = message.copy()
    del plain["thoughts"]
    return plain


def of_message(message: Mapping[str, Any], *, with_reasoning: bool) -> dict[str, Any]:
    """Returns a message of a prompt as an endpoint in OpenAI's shape takes it.

    Args:
        message: It may have fields of ours.
        with_reasoning: The endpoint has asked for the reasoning behind calls.
    """
    sent = {name: value for name, value in message.items() if name not in ("thoughts", "failed")}
    thoughts = message.get("thoughts") or {}
    if (signatures := thoughts.get("signatures")) and "tool_calls" in sent:
        sent["tool_calls"] = [
            {**call, "extra_content": signatures[place]} if place in signatures else call
            for place, call in enumerate(sent["tool_calls"])
        ]
    if with_reasoning and "tool_calls" in sent:
        sent["reasoning_content"] = thoughts.get("reasoning", "")
    return sent
