"""A skill that reaches the outside world does so once, although its turn is repeated after a crash."""

from __future__ import annotations

import pytest

from bots.models import Channel, InboundEvent
from bots.pipeline.dispatch import closing
from bots.pipeline.dispatch.dispatcher import MessageDispatcher
from bots.pipeline.queue import held
from skills import catalogue, journal
from skills.models import SkillState, ToolCall
from tests.builders import answers, say
from tests.skills.builders import make_skill
from tests.skills.service_samples import Posts

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases, pytest.mark.usefixtures("api")]


@pytest.fixture(autouse=True)
def posts() -> None:
    Posts.posted.clear()
    make_skill("tests.skills.service_samples.Posts", "post")
    catalogue.clear_cache()


def again(row: InboundEvent) -> None:
    InboundEvent.objects.filter(pk=row.pk).update(due_at=row.received_at)
    MessageDispatcher().process(row.pk)


def test_a_turn_that_dies_after_the_call_does_not_repeat_it(channel: Channel, monkeypatch: pytest.MonkeyPatch) -> None:
    write = closing._write

    def dies(*arguments: object) -> object:
        raise RuntimeError("killed before the commit")

    monkeypatch.setattr(closing, "_write", dies)
    row = say(channel, "post it")
    monkeypatch.setattr(closing, "_write", write)
    again(row)
    assert len(Posts.posted) == 1
    assert answers() == ["posted"]
    assert ToolCall.objects.get().tool == "posts"


def test_a_call_that_was_cut_short_is_not_repeated_and_the_person_is_told(
    channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    close = journal._close

    def dies(*arguments: object) -> None:
        raise KeyboardInterrupt("killed between the effect and its row")

    monkeypatch.setattr(journal, "_close", dies)
    with pytest.raises(KeyboardInterrupt):
        say(channel, "post it")
    monkeypatch.setattr(journal, "_close", close)
    held.clear_cache()
    row = InboundEvent.objects.get()
    InboundEvent.objects.update(state=InboundEvent.State.PENDING, owner="", claimed_at=None)
    again(row)
    assert len(Posts.posted) == 1
    assert "I do not know whether it happened" in answers()[0]
    assert ToolCall.objects.get().state == ToolCall.State.UNKNOWN
    assert not SkillState.objects.exists()
    say(channel, "post it once more")
    assert len(Posts.posted) == 2
    assert answers()[1] == "posted"
    assert SkillState.objects.get().data == {"posted": True}
