"""Without a model the bot answers from its memory, in the language of the person."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from unittest.mock import Mock
from zoneinfo import ZoneInfo

import pytest

from bots.llm import candidates, embedded_discovery
from bots.models import Channel, Message, ModelProvider
from bots.pipeline import inbox
from bots.pipeline.dispatch.dispatcher import MessageDispatcher
from bots.pipeline.engine.answer import fallback
from memory.text.dates import resolve
from memory.types import Hit
from tests.builders import answers, make_channel, make_event, say
from tests.peers import StubModel

NOW = datetime(2026, 11, 22, 14, 5, tzinfo=UTC)
SAID = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)


def make_hit(text: str, *, role: str = "user", at: datetime = SAID, coverage: float = 0.8, cosine: float = 0.9) -> Hit:
    return Hit(1, "", role, "", text, 1.0, at, why={"coverage": coverage, "cosine": cosine})  # type: ignore[arg-type]


def answer(text: str, *hits: Hit, language: str = "en", zone: Any = UTC, staff: bool = False) -> str:
    return fallback.answer(text, language=language, hits=hits, zone=zone, now=NOW, staff=staff)


def test_a_question_is_answered_with_what_was_said_and_when() -> None:
    said = answer("Where does my sister live?", make_hit("My sister lives in Chengdu"))
    assert said.startswith("On 20 November you said: My sister lives in Chengdu\n")


def test_a_chinese_question_gets_a_chinese_answer() -> None:
    said = answer("我姐姐住在哪里？", make_hit("我姐姐住在成都"), language="zh-hans")
    assert said.startswith("你在11月20日说过：我姐姐住在成都\n")


def test_the_date_is_the_persons_own_and_another_year_is_named() -> None:
    late = make_hit("My sister lives in Chengdu", at=datetime(2024, 12, 31, 20, 0, tzinfo=UTC))
    assert answer("Where does my sister live?", late, zone=ZoneInfo("Asia/Shanghai")).startswith("On 1 January 2025 ")
    assert "2025年1月1日" in answer("姐姐在哪？", late, language="zh-hans", zone=ZoneInfo("Asia/Shanghai"))


def test_what_relative_words_meant_is_said_in_the_persons_way_of_writing_dates() -> None:
    hit = replace(make_hit("I sailed last week"), dates=resolve("I sailed last week", SAID.date()))
    english, chinese = (answer("When did I sail?", hit, language=language) for language in ("en", "zh-hans"))
    assert english.startswith("On 20 November you said: I sailed last week (last week = 2026-11-09 – 2026-11-15)\n")
    assert chinese.startswith("你在11月20日说过：I sailed last week（last week = 2026年11月9日 – 2026年11月15日）\n")


def test_the_question_itself_and_earlier_answers_are_not_repeated() -> None:
    said = answer(
        "Where does my sister live?",
        make_hit("Where does my sister live?"),
        make_hit("where does my sister LIVE"),
        make_hit("Do you know where my sister lives?"),
        make_hit("On 1 May you said: something", role="assistant"),
        make_hit("My sister lives in Chengdu"),
    )
    assert said.count(" you said: ") == 1


def test_a_line_that_has_nothing_to_do_with_it_is_not_shown() -> None:
    said = answer("Where does my sister live?", make_hit("I hate mushrooms", coverage=0.0, cosine=0.7))
    assert "mushrooms" not in said
    assert "You have not told me anything about that yet" in said


def test_a_line_with_the_same_meaning_in_other_words_is_shown() -> None:
    assert "nurse" in answer("What is my job?", make_hit("I work as a nurse", coverage=0.0, cosine=0.9))


def test_at_most_three_lines_are_shown_and_long_ones_shortened() -> None:
    hits = [make_hit(f"sister {number} " + "x" * 500) for number in range(6)]
    said = answer("Where is my sister?", *hits)
    assert said.count(" you said: ") == 3
    assert len(said) < 1200


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_team_reads_that_no_model_is_connected_and_how_to_connect_one(language: str) -> None:
    for text in ("Where is it?", "I like tea", "hello"):
        said = answer(text, language=language, staff=True)
        assert "manage.py provider add" in said
        assert ("No model" in said) if language == "en" else ("没有接入" in said)


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_who_is_not_of_the_team_reads_nothing_of_the_set_up(language: str) -> None:
    for text in ("Where is it?", "I like tea", "hello"):
        said = answer(text, language=language)
        assert not [word for word in ("manage.py", "Admin", "provider", "后台", "endpoint") if word in said]
        assert ("/help" in said) if language == "en" else ("/帮助" in said)


def test_greeting_thanks_statement_and_question_get_different_answers() -> None:
    for language, texts in (
        ("en", ("Hello!", "Thank you very much", "My cat is ill", "Why?")),
        ("zh-hans", ("你好！", "谢谢", "我的猫病了", "为什么？")),
    ):
        firsts = [answer(text, language=language).split("\n")[0] for text in texts]
        assert len(set(firsts)) == 4
    assert answer("thanks").startswith("You are welcome")
    assert answer("My cat is ill").startswith("Noted, I will remember that.")
    assert answer("我的猫病了", language="zh-hans").startswith("好的，我记住了。")


@pytest.mark.parametrize("text", ["", "???", "😀", "a" * 5000, "\n", "مرحبا"])
def test_it_is_never_silent(text: str) -> None:
    assert answer(text).strip()
    assert answer(text, language="zh-hans").strip()


@pytest.mark.parametrize(
    ("text", "can"),
    [
        ("Where does my sister live?", True),
        ("I met 李雷 in Beijing yesterday evening", True),
        ("我姐姐住在哪里？", False),
        ("Python 怎么安装？", False),
        ("Где живёт моя сестра?", False),
        ("Où habite ma sœur ?", True),
        ("12 + 3", True),
    ],
)
def test_the_embedded_model_is_asked_in_latin_letters_only(text: str, can: bool) -> None:
    assert fallback.demo_can_answer(text) is can


def test_the_small_model_is_not_asked_about_a_person_of_whom_nothing_is_known() -> None:
    question = "Where does my sister live?"
    assert fallback.demo_would_invent(question, (), ())
    assert not fallback.demo_would_invent(question, (), (("user", "My sister lives in Chengdu"),))
    assert not fallback.demo_would_invent("What is the capital of France?", (), ())
    assert not fallback.demo_would_invent("My sister lives in Chengdu", (), ())


@pytest.fixture
def small_model(model: StubModel) -> Iterator[None]:
    """Adds the embedded model; `model` answers for both."""
    embedded_discovery.announce(ModelProvider.objects.get().endpoint, "small")
    candidates.clear_cache()
    yield
    embedded_discovery.withdraw()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("small_model")
@pytest.mark.parametrize(("connected", "times"), [(True, 0), (False, 1)])
def test_whether_the_embedded_model_may_answer_is_not_looked_into_while_a_real_one_answers(
    channel: Channel, connected: bool, times: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    ModelProvider.objects.update(enabled=connected)
    candidates.clear_cache()
    rules = {"demo_can_answer": Mock(return_value=True), "demo_would_invent": Mock(return_value=False)}
    for name, rule in rules.items():
        monkeypatch.setattr(fallback, name, rule)
    (row_id,) = inbox.accept(channel, [make_event("Why is the sky blue?")]).accepted
    MessageDispatcher().process(row_id)
    assert Message.objects.get(role="assistant").text.startswith("You said: ")
    assert [rule.call_count for rule in rules.values()] == [times, times]


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("words_only")
@pytest.mark.parametrize(
    ("name", "address", "told"),
    [
        ("Simulator", "http://127.0.0.1:9/replies", True),
        ("Simulator", "https://shop.example/replies", False),
        ("Shop", "http://127.0.0.1:9/replies", False),
    ],
)
def test_on_platforms_only_the_simulator_reads_how_to_connect_a_model(name: str, address: str, told: bool) -> None:
    account = {"secret": "pipeline-secret", "reply_url": address}
    say(make_channel(name=name, credentials=account), "I live in Oslo")
    assert ("manage.py provider add" in answers()[0]) is told
