"""A cancel of a form says what it drops, when that was more than one value."""

from __future__ import annotations

import pytest

from tests.peers import StubModel
from tests.pipeline.engine.dialog.flows import Chat, make_chat

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("words_only")]


@pytest.fixture
def chat(model: StubModel) -> Chat:
    return make_chat("Table")


def test_the_values_of_a_flow_are_listed(chat: Chat) -> None:
    for text in ("book a table", "2030-12-05", "3"):
        chat.say(text)
    assert chat.say("never mind") == (
        "All right, I dropped the table.\nYou had told me:\n- day: Thursday, Dec. 5, 2030\n- people: 3"
    )


def test_in_chinese(chat: Chat) -> None:
    for text in ("我想订位", "2030年12月5日", "三位"):
        chat.say(text)
    assert chat.say("算了").endswith("你之前告诉我的是：\n- 日期：2030年12月5日，星期四\n- 人数：3")


def test_one_value_is_not(chat: Chat) -> None:
    chat.say("book a table")
    chat.say("2030-12-05")
    assert chat.say("cancel") == "All right, I dropped the table."
