"""An answer that streams grows in one message, which becomes the final one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bots.llm import candidates
from bots.models import Channel, InboundEvent, ModelProvider, OutboundMessage
from bots.pipeline import inbox
from bots.pipeline.dispatch import draft_reply
from bots.pipeline.dispatch.dispatcher import MessageDispatcher
from tests.builders import make_event, say, use_policy
from tests.peers import BotApi, StreamingModel

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("streaming"),
    pytest.mark.databases,
]
TEXT = "one two three four five six seven eight"


@pytest.fixture
def streaming(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A model that streams; the draft shows each word."""
    monkeypatch.setattr(draft_reply, "FIRST_AFTER_S", 0.0)
    monkeypatch.setattr("adapters.telegram.adapter.TelegramAdapter.edit_interval_s", 0.0)
    with StreamingModel(answers={"": TEXT}).server() as server:
        ModelProvider.objects.create(name="streaming", endpoint=f"{server.url}/v1", model="streaming")
        candidates.clear_cache()
        yield
    candidates.clear_cache()


def test_an_answer_grows_in_one_message_and_ends_whole(channel: Channel, api: BotApi) -> None:
    use_policy(channel, stream_replies=True)
    row = say(channel, "tell me", chat="7")
    assert len(api.sent) == 1
    assert api.sent[0].text.endswith("…")
    assert len(api.edits) == TEXT.count(" ") + 1
    assert {message_id for message_id, _text in api.edits} == {row.draft_id}
    assert api.edits[-1][1] == TEXT
    assert OutboundMessage.objects.get().state == OutboundMessage.State.SENT


def test_a_turn_that_is_taken_again_goes_on_with_the_same_message(channel: Channel, api: BotApi) -> None:
    use_policy(channel, stream_replies=True)
    (row_id,) = inbox.accept(channel, [make_event("tell me", chat="7")]).accepted
    InboundEvent.objects.filter(pk=row_id).update(draft_id="4711")  # the draft of a killed worker
    MessageDispatcher().process(row_id)
    assert not api.sent
    assert api.edits[-1] == ("4711", TEXT)


def test_a_channel_that_does_not_stream_sends_the_answer_once(channel: Channel, api: BotApi) -> None:
    say(channel, "tell me", chat="7")
    assert [sent.text for sent in api.sent] == [TEXT]
    assert not api.edits
