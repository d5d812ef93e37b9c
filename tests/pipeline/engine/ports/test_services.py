"""What a skill stages through its services is committed with the answer, once, or not at all."""

from __future__ import annotations

import pytest

from bots.models import Channel, Conversation, InboundEvent, Message, Person
from bots.pipeline.dispatch import closing
from bots.pipeline.dispatch.dispatcher import MessageDispatcher
from memory.models import MemoryEntry
from skills import catalogue, stored_state
from skills.models import Skill, SkillRun, SkillState
from tests.builders import answers, say
from tests.http_server import Answer, Server
from tests.skills.builders import make_skill
from tests.skills.service_samples import TellsKey

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases("memory"), pytest.mark.usefixtures("api")]


def use(name: str, *triggers: str, **values: object) -> None:
    make_skill(f"tests.skills.service_samples.{name}", *(triggers or ("go",)), **values)
    catalogue.clear_cache()


def memories() -> list[str]:
    return list(MemoryEntry.objects.order_by("id").values_list("text", flat=True))


def test_a_skill_keeps_values_of_each_person(channel: Channel) -> None:
    use("Counter")
    say(channel, "go one")
    say(channel, "go two")
    say(channel, "go three", chat="other", user="other")
    assert answers() == ["call 1", "call 2", "call 1"]
    first = SkillState.objects.get(person=Person.objects.order_by("id")[0])
    assert first.data == {"count": 2, "texts": ["go one", "go two"]}


@pytest.mark.parametrize("name", ["CountsAndFails", "CountsAndHangs"])
def test_a_call_that_fails_or_hangs_leaves_nothing(channel: Channel, name: str) -> None:
    use(name)
    say(channel, "go")
    assert not SkillState.objects.exists()
    assert memories() == ["go"]
    assert SkillRun.objects.get().ok is False


@pytest.mark.parametrize("name", ["KeepsRubbish", "KeepsTooMuch"])
def test_values_that_cannot_be_kept_are_an_error_of_the_skill(channel: Channel, name: str) -> None:
    use(name)
    say(channel, "go")
    assert answers()[0].startswith("Sorry, “")
    assert SkillRun.objects.get().error == "StateRefused"
    assert not SkillState.objects.exists()


def test_a_state_without_values_is_no_row(channel: Channel) -> None:
    use("Counter", "count")
    say(channel, "count")
    Skill.objects.update(module="tests.skills.service_samples.Clears")
    catalogue.clear_cache()
    say(channel, "count")
    assert answers() == ["call 1", "cleared"]
    assert not SkillState.objects.exists()


def test_two_chats_of_a_person_lose_no_key_of_each_other(channel: Channel) -> None:
    use("Counter")
    say(channel, "go")
    row = SkillState.objects.get()
    stored_state.write(row.skill_id, row.person_id, {"other": 1}, frozenset())
    stored_state.write(row.skill_id, row.person_id, {"count": 5}, frozenset({"texts"}))
    row.refresh_from_db()
    assert row.data == {"count": 5, "other": 1}


def test_a_memory_of_a_skill_is_pinned_and_found_again(channel: Channel) -> None:
    use("Notes", "note")
    use("Knows", "recall")
    say(channel, "note the spare key is under the blue pot")
    assert "spare key is under the blue pot" in memories()
    assert MemoryEntry.objects.get(text="spare key is under the blue pot").pinned
    say(channel, "recall spare key")
    assert "spare key is under the blue pot" in answers()[-1].split("] [")[0]
    assert answers()[-1].endswith("['spare key is under the blue pot'] ()")


def test_a_skill_forgets_a_topic_with_the_turn(channel: Channel) -> None:
    use("Notes", "note")
    use("Forgets", "erase")
    say(channel, "note my dentist is called Quill")
    say(channel, "note I like green tea")
    say(channel, "erase dentist")
    assert answers()[-1] == "2 2"
    assert not [text for text in memories() if "dentist" in text]
    assert "I like green tea" in memories()


def test_a_skill_hands_the_conversation_over(channel: Channel) -> None:
    use("HandsOver")
    say(channel, "go")
    say(channel, "hello?")
    assert answers() == ["A person will write to you."]
    conversation = Conversation.objects.get()
    assert conversation.state == Conversation.State.HUMAN
    assert conversation.state_data == {"handed_over": "wants a person"}


def test_a_repeated_turn_has_the_same_idempotency_key(channel: Channel, monkeypatch: pytest.MonkeyPatch) -> None:
    use("TellsKey")
    TellsKey.keys.clear()
    write, fails = closing._write, [True]

    def once_broken(*arguments: object) -> object:
        if fails.pop() if fails else False:
            raise RuntimeError("the process dies here")
        return write(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(closing, "_write", once_broken)
    row = say(channel, "go")
    InboundEvent.objects.filter(pk=row.pk).update(due_at=row.received_at)
    MessageDispatcher().process(row.pk)
    say(channel, "go")
    first, again, other = TellsKey.keys
    assert first == again != other
    assert Message.objects.filter(role="assistant", text=first).count() == 1


def test_an_async_skill_is_awaited(channel: Channel) -> None:
    use("Async")
    say(channel, "go")
    assert answers()[0].startswith("async ")


def test_a_request_reaches_configured_servers_and_no_other_private_address(channel: Channel, server: Server) -> None:
    server.answer(Answer(200, b"four"))
    use("Fetches", "fetch")
    say(channel, f"fetch {server.url}/x")
    assert SkillRun.objects.get().error == "AddressRefused"
    Skill.objects.update(config={"base_url": f"{server.url}/x"})
    catalogue.clear_cache()
    say(channel, "fetch it")
    assert answers()[-1] == "200 4"


def test_the_time_zone_of_a_person_changes_with_the_answer(channel: Channel) -> None:
    make_skill("skills.date_time.DateTimeSkill", "time zone")
    catalogue.clear_cache()
    say(channel, "my time zone is Berlin")
    assert "Europe/Berlin" in answers()[0]
    assert Person.objects.get().time_zone == "Europe/Berlin"
