"""Recall finds by words, word forms, Chinese, meaning, dates and speaker."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from memory.storage import embedding_backfill
from memory.store import MemoryStore
from tests.memory.builders import MORNING, found, person, say

pytestmark = [pytest.mark.django_db, pytest.mark.databases]
CHINA = timezone(timedelta(hours=8))


@pytest.mark.usefixtures("words_only")
def test_another_form_of_a_word_is_found() -> None:
    ann = person()
    say(ann, "I was painting sunsets", "The car is blue", "Work was dull")
    assert found(ann, "what did Ann paint?")[0] == "I was painting sunsets"


@pytest.mark.usefixtures("words_only")
def test_chinese_finds_chinese_without_a_dictionary() -> None:
    ann = person()
    say(ann, "我喜欢喝茶", "我姐姐住在成都，她是护士", "今天天气不错")
    assert found(ann, "姐姐住哪里？")[0] == "我姐姐住在成都，她是护士"


def test_meaning_is_found_across_languages_when_no_word_is_shared() -> None:
    ann = person()
    say(ann, "The weather is nice", "我姐姐住在成都", "I bought a new bicycle")
    embedding_backfill.embed_waiting()
    hit = MemoryStore(ann.bot_id).recall(ann, "Where does my older sister live?").hits[0]
    assert hit.text == "我姐姐住在成都"
    assert hit.why["coverage"] == 0
    assert hit.why["vector"] > 0


@pytest.mark.usefixtures("words_only")
@pytest.mark.parametrize("question", ["what did we talk about yesterday?", "昨天我们聊了什么", "11月20日我们聊了什么"])
def test_a_day_named_in_a_question_lifts_that_days_turns(question: str) -> None:
    ann = person()
    say(ann, "about tea", occurred_at=MORNING - timedelta(days=9), session="a")
    say(ann, "about boats", occurred_at=MORNING, session="b")
    say(ann, "about bread", occurred_at=MORNING - timedelta(days=3), session="c")
    assert found(ann, question, now=MORNING + timedelta(days=1))[0] == "about boats"


@pytest.mark.usefixtures("words_only")
def test_a_day_is_the_day_where_it_was_said() -> None:
    ann = person()
    # 00:30 on the 21st in China is still the 20th in UTC
    say(ann, "about the moon", occurred_at=datetime(2026, 11, 21, 0, 30, tzinfo=CHINA), session="a")
    say(ann, "about the sun", occurred_at=datetime(2026, 11, 20, 12, 0, tzinfo=CHINA), session="b")
    assert found(ann, "what did I say on 21 November 2026?")[0] == "about the moon"


@pytest.mark.usefixtures("words_only")
def test_a_question_about_what_the_bot_said_prefers_the_bots_turns() -> None:
    ann = person()
    say(ann, "Please recommend a film, I like films")
    say(ann, "A film I recommend is Yi Yi", role="assistant")
    assert found(ann, "which film did you recommend?")[0] == "A film I recommend is Yi Yi"
    assert found(ann, "你给我推荐过哪部film？")[0] == "A film I recommend is Yi Yi"


@pytest.mark.usefixtures("words_only")
def test_what_the_prompt_already_holds_is_left_out() -> None:
    ann = person()
    first, second = say(ann, "My cat is called Miso", "My cat Miso likes fish")
    assert found(ann, "cat", exclude_ids=[first]) == ["My cat Miso likes fish"]
    assert found(ann, "cat", exclude_ids=[first, second]) == []


@pytest.mark.usefixtures("words_only")
def test_k_bounds_the_hits_and_a_blank_question_finds_nothing() -> None:
    ann = person()
    say(ann, *(f"note {i} on cats" for i in range(12)))
    assert len(found(ann, "cats", k=5)) == 5
    assert found(ann, "   ") == []
    assert len(found(ann, "???")) == 8  # without a usable word, but no error
