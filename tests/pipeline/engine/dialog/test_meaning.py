"""Meanings are compared with the embedder of the product; what only resembles an example in tone stays below."""

from __future__ import annotations

import pytest

from bots.models import Channel
from bots.pipeline.engine.dialog import meaning
from skills import catalogue, choosing
from skills.models import DEFAULT_THRESHOLD
from tests.builders import answers, make_bot, say
from tests.conftest import Configured
from tests.peers import StubModel
from tests.skills.builders import make_skill

pytestmark = [pytest.mark.django_db(transaction=True)]

EXAMPLES = ["I want my money back", "how do I return this item", "我要退款", "这个东西我想退货"]


def score(text: str) -> float:
    catalogue.clear_cache()
    return meaning.similar(text, catalogue.with_examples(make_bot().pk))[skill_id()][0]


def skill_id() -> int:
    return catalogue.with_examples(make_bot().pk)[0].skill_id


@pytest.mark.parametrize(
    "text", ["the shoes don't fit, can I get a refund", "please give me my money back", "鞋子不合适，能退钱吗"]
)
def test_a_request_in_other_words_is_above_the_threshold(text: str) -> None:
    make_skill("Echo", "nothing", examples=EXAMPLES)
    assert score(text) >= DEFAULT_THRESHOLD


@pytest.mark.parametrize(
    "text",
    ["hello", "谢谢你", "My sister lives in Chengdu", "他昨天退休了", "how much money do I have to pay in taxes"],
)
def test_what_means_something_else_is_below_it(text: str) -> None:
    make_skill("Echo", "nothing", examples=EXAMPLES)
    assert score(text) < DEFAULT_THRESHOLD


def test_a_message_calls_a_skill_by_its_meaning(channel: Channel, model: StubModel) -> None:
    make_skill("Echo", "nothing", examples=EXAMPLES)
    catalogue.clear_cache()
    say(channel, "please give me my money back")
    say(channel, "My sister lives in Chengdu")
    assert answers() == ["[my money back]", "You said: My sister lives in Chengdu"]


def test_without_semantic_search_no_meaning_is_compared(configured: Configured) -> None:
    configured("semantic_search", enable=False)
    make_skill("Echo", "nothing", examples=EXAMPLES)
    catalogue.clear_cache()
    assert meaning.similar("money back", catalogue.with_examples(make_bot().pk)) == {}
    assert choosing.match(make_bot().pk, "please give me my money back", "en", meaning.similar) is None
