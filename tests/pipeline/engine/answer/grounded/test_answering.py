"""A fresh bot without a provider answers what it can ground, and says honestly what it cannot."""

from __future__ import annotations

from itertools import pairwise

import pytest

from bots.models import Channel, Message
from bots.pipeline.engine.answer.grounded import sources
from clawdbot import cached_value
from skills.models import Skill
from skills.seed import seed_built_in
from tests.builders import answers, make_channel, say
from tests.peers import StubModel

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.databases,
    pytest.mark.usefixtures("words_only"),
]


def talk(channel: Channel, *texts: str) -> list[str]:
    for text in texts:
        say(channel, text)
    return answers()


@pytest.fixture
def shop() -> Channel:
    """The channel of a bot with the skills of a fresh installation."""
    seed_built_in()
    return make_channel()


def test_facts_are_known_at_once_and_corrections_count(shop: Channel) -> None:
    said = talk(
        shop,
        "My name is Tom and I work as a nurse",
        "What is my name?",
        "where do i work",
        "No, it's Tim, not Tom",
        "whats my nmae",
        "WHAT'S MY WIFE'S NAME",
        "do I have a dog?",
        "Is my name Tom?",
    )
    assert said[0] == "Noted: your name is Tom; you work as a nurse."
    assert said[1] == "Your name is Tom."
    assert said[2] == "You told me today: I work as a nurse"
    assert said[4] == "Your name is Tim."
    assert said[5].startswith("You have not told me the name of your wife")
    assert said[6].startswith("You have not told me whether you have a dog")
    assert said[7] == "No. Your name is Tim."


def test_the_same_in_chinese(shop: Channel) -> None:
    said = talk(shop, "我叫小王，我是护士", "我叫什么？", "我女儿几岁了", "我女儿5岁了", "她几岁", "我住哪里", "2+2=?")
    assert said[0] == "记下了：你叫小王；你的职业是护士。"
    assert said[1] == "你叫小王。"
    assert said[2].startswith("你还没有告诉我你女儿几岁")
    assert said[4] == "你女儿5岁。"
    assert said[5].startswith("你还没有告诉我你住在哪里")
    assert said[6].endswith("4")


def test_a_forwarded_or_forgotten_name_is_no_fact(shop: Channel) -> None:
    said = talk(shop, "> My name is Bob", "What is my name?", "My name is Tom", "/forget", "yes", "What is my name?")
    assert said[1].startswith("You have not told me your name")
    assert said[-1].startswith("You have not told me your name")


def test_what_the_bot_can_do_are_its_enabled_skills_with_requests_that_work(shop: Channel) -> None:
    overview = talk(shop, "What can you do?")[0]
    assert "“what is 15% of 80”" in overview
    assert "/help" in overview
    chinese = talk(shop, "你能做什么？")[1]
    assert "“23*47等于多少”" in chinese
    assert "“东京现在几点”" in chinese
    bare = make_channel()
    Skill.objects.update(enabled=False)
    cached_value.clear_cache()
    say(bare, "What can you do?", chat="other")
    assert "15%" not in answers()[-1]


def test_what_others_told_is_not_known(shop: Channel) -> None:
    say(shop, "My name is Tom", chat="one")
    say(shop, "What is my name?", chat="two")
    assert answers()[-1].startswith("You have not told me your name")


def test_no_line_is_said_twice_in_a_row_to_different_messages(shop: Channel) -> None:
    for texts in (
        ("write me a poem", "write a story", "tell me a joke"),
        ("thanks", "thank you", "thx"),
        ("你真笨", "你好笨", "垃圾"),
        ("the meeting is at 3", "the door is blue", "the shop closes early"),
    ):
        lines = [line.split("\n")[0] for line in talk(shop, *texts)[-len(texts) :]]
        assert all(one != other for one, other in pairwise(lines)), lines


def test_a_customer_reads_the_limits_once_and_nothing_of_the_set_up(shop: Channel) -> None:
    said = talk(shop, "hello", "who won the cup", "what is love", "hello", "asdf")
    assert "/help to see" not in said[0]
    assert [("/help to see what I can do" in one) for one in said[1:3]] == [True, False]
    assert not [word for word in ("manage.py", "Admin", "provider", "endpoint") if word in "".join(said)]


@pytest.mark.parametrize(
    ("name", "address", "told"),
    [
        ("Simulator", "http://127.0.0.1:9/replies", True),
        ("Simulator", "https://shop.example/replies", False),
        ("Shop", "http://127.0.0.1:9/replies", False),
    ],
)
def test_the_team_reads_once_how_to_connect_a_model(name: str, address: str, told: bool) -> None:
    account = {"secret": "pipeline-secret", "reply_url": address}
    channel = make_channel(name=name, credentials=account)
    said = talk(channel, "I live in Oslo", "Where do I live?")
    assert ["manage.py provider add" in one for one in said] == [told, False]


@pytest.mark.parametrize("text", ["???", "😀", "a" * 5000, "مرحبا", "`rm -rf`", "{}", "…"])
def test_it_is_never_silent(text: str) -> None:
    assert talk(make_channel(), text)[0].strip()


def test_with_a_provider_nothing_of_it_runs(model: StubModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "said", lambda turn: pytest.fail("read"))
    say(make_channel(), "What is my name?")
    assert Message.objects.get(role="assistant").meta["provider"] == "stub"
