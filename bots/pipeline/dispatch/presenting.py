"""Shows the person that an answer is on its way: streamed tokens, a draft or a typing indicator."""

from __future__ import annotations

from contextlib import nullcontext
from functools import partial
from typing import Any

from adapters.base import Adapter
from adapters.web.events import PLATFORM
from bots.channels import lookup
from bots.channels.web.token_stream import TokenStream
from bots.files import received
from bots.llm.errors import NoModelAvailable
from bots.models import Conversation, InboundEvent
from bots.pipeline import engine, inbox
from bots.pipeline.dispatch import gathering, listening, progress, quotes, typing_indicator, waiting
from bots.pipeline.dispatch.draft_reply import Draft
from bots.pipeline.queue.model_slots import Lease


def respond(row: InboundEvent, turn: engine.Turn, lease: Lease, *, shown: bool = True) -> engine.Reply | None:
    """Calls the engine and shows its progress, unless `shown` is False.

    Returns:
        Its reply; None when the row was parked for a model.

    Raises:
        ClaimLost: The row was to be parked, but another worker has it.
        Interrupted: A message came that joins this turn; nothing of the answer so far counts.
    """
    joined = gathering.interruption(row, turn.bot)
    turn.cancelled = lambda: inbox.stop_requested(row) or (not turn.calling and joined())
    turn.take_more = partial(gathering.take_more, row, turn)
    turn.stopped = row.cancel_requested
    turn.in_outage = row.waiting_since is not None or len(waiting.outage) > 0
    turn.may_wait = partial(waiting.may_wait, row)
    turn.take_slot = partial(waiting.take_slot, lease)
    turn.listen = listening.listen_again
    try:
        if not shown:
            return engine.respond(turn)
        reply = _on_page(row, turn) if turn.channel.platform == PLATFORM else _on_platform(row, turn)
    except engine.NoSlot:
        waiting.for_slot(row, turn, lease)
    except NoModelAvailable as error:
        waiting.for_model(row, turn, error)
    else:
        if reply.meta.get("stopped") and not turn.stopped and not inbox.stop_requested(row):
            turn.on_restart()  # what the person sees of the answer so far is void
            raise gathering.Interrupted
        return reply
    return None


def _on_page(row: InboundEvent, turn: engine.Turn) -> engine.Reply:
    stream = TokenStream.of(turn.channel, turn.event)
    stream.begin(restart=row.attempts > 1 or row.waiting_since is not None)
    turn.on_token, turn.on_restart = stream.token, stream.restart
    turn.on_progress = lambda _text: stream.flush()
    reply = _take_files(row, turn, lookup.adapter_for(turn.channel))
    if turn.heard:
        stream.heard(turn.text)
    reply = reply or engine.respond(turn)
    stream.flush()
    return reply


def _on_platform(row: InboundEvent, turn: engine.Turn) -> engine.Reply:
    adapter = lookup.adapter_for(turn.channel)
    if row.waiting_since is None:
        typing_indicator.confirm_action(adapter, turn.event)
    with typing_indicator.typing(adapter, turn.event) if turn.event.attachments else nullcontext():
        told = _take_files(row, turn, adapter)
    if told is not None:
        return told
    quotes.complete(row, turn, adapter)
    listening.listen_to_quote(turn)
    if (draft := Draft.of(row, turn.channel, turn.event, adapter)) is not None:
        turn.on_token, turn.on_restart = draft.token, draft.restart
        slow = progress.Progress(lambda _text: draft.show_now())
    else:
        slow = progress.Progress(partial(progress.tell, row, turn))
    turn.on_progress = slow.say
    try:
        with typing_indicator.typing(adapter, turn.event):
            return engine.respond(turn)
    finally:
        slow.end()


def _take_files(row: InboundEvent, turn: engine.Turn, adapter: Adapter[Any]) -> engine.Reply | None:
    """Downloads the files of the message and listens to its recordings; see `listening.listen`."""
    if turn.event.attachments and turn.conversation.state != Conversation.State.HUMAN:
        turn.take_slot()  # a download may take long, and its message goes to a model
    turn.files = received.collect(row, turn.event, turn.conversation, adapter)
    return listening.listen(row, turn) if turn.files else None
