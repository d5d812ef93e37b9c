"""Shows the person that an answer is on its way: streamed tokens, a draft or a typing indicator."""

from __future__ import annotations

from adapters.web.events import PLATFORM
from bots.channels import lookup
from bots.channels.web.token_stream import TokenStream
from bots.files import received
from bots.models import InboundEvent
from bots.pipeline import engine, inbox
from bots.pipeline.dispatch import quotes, typing_indicator
from bots.pipeline.dispatch.draft_reply import Draft


def respond(row: InboundEvent, turn: engine.Turn) -> engine.Reply:
    """Calls the engine and shows its progress. Returns the engine's reply."""
    turn.cancelled = lambda: inbox.stop_requested(row)
    return _on_page(row, turn) if turn.channel.platform == PLATFORM else _on_platform(row, turn)


def _on_page(row: InboundEvent, turn: engine.Turn) -> engine.Reply:
    stream = TokenStream.of(turn.channel, turn.event)
    stream.begin(restart=row.attempts > 1)
    turn.on_token, turn.on_restart = stream.token, stream.restart
    reply = engine.respond(turn)
    stream.flush()
    return reply


def _on_platform(row: InboundEvent, turn: engine.Turn) -> engine.Reply:
    adapter = lookup.adapter_for(turn.channel)
    typing_indicator.confirm_action(adapter, turn.event)
    turn.files = received.collect(row, turn.event, turn.conversation, adapter)
    quotes.complete(row, turn, adapter)
    if (draft := Draft.of(row, turn.channel, turn.event, adapter)) is not None:
        turn.on_token, turn.on_restart = draft.token, draft.restart
    with typing_indicator.typing(adapter, turn.event):
        return engine.respond(turn)
