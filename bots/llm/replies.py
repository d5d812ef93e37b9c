"""Reads what an endpoint answers, as a whole or in pieces, with the tool calls in it."""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from bots.llm import tool_calls
from bots.llm.answer_text import AnswerStream, begins_with_reasoning, of_answer, of_content, without_reasoning
from bots.llm.anthropic import Events
from bots.llm.echo import without_echo
from bots.llm.errors import ProviderError
from bots.llm.sdk_errors import code_word
from bots.llm.thoughts import Thoughts
from bots.llm.token_usage import Usage
from bots.llm.types import Messages, ToolRequest
from clawdbot.reasons import Reason
from clawdbot.storable_text import storable

_LEAST_REPEATED = 12  # characters; a shorter piece may be the same by chance


@dataclass(slots=True)
class Reply:
    """The result of one call. Times are time.perf_counter(); `thinks`: the model thought before it answered."""

    text: str = ""
    usage: Usage = field(default_factory=Usage)
    first_token_at: float | None = None
    model: str = ""
    finish: str = ""
    refused: bool = False
    calls: tuple[ToolRequest, ...] = ()
    thinks: bool = False
    thoughts: dict[str, Any] | None = None


def read(value: Any, messages: Messages, names: Collection[str]) -> Reply:
    """Reads a whole answer.

    Raises:
        ProviderError: It is no answer of a chat model.
    """
    try:
        choice = value["choices"][0]
        whole = storable(of_content(choice["message"].get("content")))
        text = of_answer(whole, messages)
        finish = code_word(choice.get("finish_reason"))
        calls: tuple[ToolRequest, ...] = ()
        if names:
            calls = tool_calls.of_message(choice["message"], names, cut=finish == "length")
            if not calls:
                text, calls = tool_calls.in_text(text, names, cut=finish == "length")
        thoughts, usage = Thoughts(), Usage()
        thoughts.take(choice["message"])
        text = "" if thoughts.repeated_by(whole) else text
        usage.take(value.get("usage"))
        return Reply(
            text=text,
            usage=usage,
            model=storable(str(value.get("model") or "")),
            finish=finish,
            refused=bool(choice["message"].get("refusal")),
            calls=calls,
            thinks=thoughts.seen or usage.reasoning > 0 or begins_with_reasoning(whole),
            thoughts=thoughts.kept(),
        )
    except (AttributeError, LookupError, TypeError):
        raise ProviderError(Reason("answer_not_completion")) from None


class StreamedReply:
    """Puts a streamed answer together, and tells what of it may be shown.

    Args:
        messages: The prompt.
        names: Names of the offered tools; without any, calls are not looked for.
        thinks: The model is known to begin with reasoning.
    """

    def __init__(self, messages: Messages, names: Collection[str], *, thinks: bool) -> None:
        self.reply = Reply()
        self.pieces: list[str] = []
        self._messages, self._names, self._thinks = messages, names, thinks
        self._shown = AnswerStream(messages, thinks=thinks)
        self._calls = tool_calls.Deltas()
        self._thoughts = Thoughts()
        self._gate = tool_calls.CallGate() if names else None
        self.began_with_reasoning = self.showed_call = self.showed_thoughts = False

    @property
    def showed_too_much(self) -> bool:
        """Whether reasoning or a call was shown, because nothing told it from the answer before its end."""
        return self.showed_call or self.showed_thoughts or (self.began_with_reasoning and not self._thinks)

    def take(self, chunk: Any) -> str:
        """Takes a chunk. Returns what may be shown now.

        Raises:
            ProviderError: It is no chunk of a completion.
        """
        if not isinstance(chunk, dict):
            raise ProviderError(Reason("stream_not_completion"))
        try:
            text = self._read(chunk)
        except (AttributeError, LookupError, TypeError):
            raise ProviderError(Reason("stream_not_completion")) from None
        if not text:
            return ""
        if self.reply.first_token_at is None:
            self.reply.first_token_at = time.perf_counter()
        self.pieces.append(text)
        now = self._shown.take(text)
        return self._gate.take(now) if self._gate is not None else now

    def take_event(self, events: Events, event: Any) -> str:
        """Takes an event of Anthropic's stream. Returns what may be shown now.

        Raises:
            ProviderError: It is no event.
        """
        try:
            chunk = events.take(event)
        except (AttributeError, LookupError, TypeError):
            raise ProviderError(Reason("stream_not_completion")) from None
        if events.thoughts:
            self._thoughts.take({"thoughts": {"blocks": events.thoughts}})
        return self.take(chunk) if chunk is not None else ""

    def end(self) -> str:
        """Ends the answer. Returns what is still to be shown."""
        whole = storable("".join(self.pieces))  # some servers cut an emoji in two
        answer = without_reasoning(whole)
        self.began_with_reasoning = answer != whole and not whole.lstrip().lower().startswith("<think")
        reply, cut = self.reply, self.reply.finish == "length"
        if self._thoughts.repeated_by(whole):
            answer, self.showed_thoughts = "", True
        reply.text = without_echo(answer, self._messages)
        reply.thinks = self._thoughts.seen or reply.usage.reasoning > 0 or answer != whole
        reply.thoughts = self._thoughts.kept()
        if self._names:
            reply.calls = self._calls.requests(self._names, cut=cut)
            if not reply.calls:
                reply.text, reply.calls = tool_calls.in_text(reply.text, self._names, cut=cut)
        held = self._shown.rest()
        if self.showed_thoughts:
            return ""
        if self._gate is None:
            return held
        shown = self._gate.shown
        if not reply.calls:
            return self._gate.take(held) + self._gate.rest()
        if not reply.text.startswith(shown):
            shown = shown.strip()
        self.showed_call = not reply.text.startswith(shown)
        return "" if self.showed_call else reply.text[len(shown) :]

    def _read(self, chunk: dict[str, Any]) -> str:
        """Copies what the chunk says of the answer. Returns the chunk's text."""
        reply = self.reply
        if usage := chunk.get("usage"):
            reply.usage.take(usage)
        reply.model = reply.model or storable(str(chunk.get("model") or ""))
        choices = chunk.get("choices") or ()
        if not choices:
            return ""
        # A stream without finish_reason was cut off: without a content length, a lost connection looks like a normal
        # end.
        reply.finish = code_word(choices[0].get("finish_reason")) or reply.finish
        delta = choices[0].get("delta") or {}
        reply.refused = reply.refused or bool(delta.get("refusal"))
        self._thoughts.take(delta)
        if self._names:
            self._calls.take(delta.get("tool_calls"))
        text = of_content(delta.get("content"))
        ends = delta.get("tool_calls") or choices[0].get("finish_reason")
        # Some servers send the whole text once more with a call or at the end.
        return "" if ends and len(text) > _LEAST_REPEATED and text == "".join(self.pieces) else text
