"""The two examples work through the whole pipeline, in both languages."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

import pytest

from bots.models import Conversation, SentFile
from clawdbot.flows import Act, Flow, from_dict, to_dict
from clawdbot.flows.examples import load, names
from clawdbot.skills import BaseSkill
from tests.http_server import Server, json_answer
from tests.peers import StubModel
from tests.pipeline.engine.dialog.flows import Chat, make_chat

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("words_only")]


class Ticket(BaseSkill):
    """The example of tickets; the test sets the address."""

    name = "ticket"
    flow: ClassVar[Flow]

    def execute(self, context: Any) -> str:
        return ""


@pytest.fixture
def tickets(server: Server, model: StubModel, monkeypatch: pytest.MonkeyPatch) -> Chat:
    flow = load("ticket")
    steps = tuple(replace(one, url=f"{server.url}/tickets") if isinstance(one, Act) else one for one in flow.steps)
    monkeypatch.setattr(Ticket, "flow", replace(flow, steps=steps), raising=False)
    return make_chat("tests.pipeline.engine.dialog.test_flow_examples.Ticket")


def test_the_examples_are_definitions() -> None:
    assert names() == ["appointment", "ticket"]
    for name in names():
        assert from_dict(to_dict(load(name))) == load(name)


def test_an_appointment_in_english(model: StubModel) -> None:
    chat = make_chat("skills.appointments.AppointmentSkill")
    assert chat.say("I'd like to book an appointment for a repair") == "On which day would you like to come?"
    assert chat.say("2030-12-05") == "At what time? We are open from 9:00 to 18:00."
    assert chat.say("8 pm").startswith("It cannot be after 18:00.\nAt what time?")
    assert chat.say("3:30 pm") == "What name may I put it under?"
    assert chat.say("Ann Lee") == "At which number can we reach you? You may skip this."
    assert chat.say("skip") == (
        "This is what I will book:\n- for: a repair\n- day: Thursday, Dec. 5, 2030\n- time: 15:30\n- name: Ann Lee\n"
        "\nShall I go ahead? (yes / no)"
    )
    assert chat.say("sorry, 2030-12-06 instead of 2030-12-05").startswith(
        "Changed – day: Friday, Dec. 6, 2030.\n\nWith that I have to ask again: time.\n\nAt what time?"
    )
    chat.say("10:00")
    assert chat.say("yes") == "Booked, Ann Lee. Here is the entry for your calendar."
    with SentFile.objects.get().file.open("rb") as file:
        entry = file.read().decode()
    assert "DTSTART:20301206T100000\r\nDTEND:20301206T103000\r\nSUMMARY:repair\r\nDESCRIPTION:Ann Lee" in entry


def test_an_appointment_in_chinese(model: StubModel) -> None:
    chat = make_chat("skills.appointments.AppointmentSkill")
    assert chat.say("我想预约维修") == "你想哪一天来？"
    assert chat.say("2030年12月5日下午三点半") == "请问怎么称呼你？"
    assert chat.say("王小明") == "方便留个电话吗？可以跳过。"
    assert chat.say("138 0013 8000").startswith(
        "我将为你预约：\n- 项目：维修\n- 日期：2030年12月5日，星期四\n- 时间：15:30"
    )
    assert chat.say("不对，是2030年12月6日").startswith(
        "已改好：日期为2030年12月6日，星期五。\n\n因此需要重新问一下：时间。"
    )
    chat.say("上午十点")
    assert chat.say("好的") == "预约好了，王小明。这是给你日历用的日程。"
    assert SentFile.objects.count() == 1


def test_a_ticket_in_english(tickets: Chat, server: Server) -> None:
    server.answer(json_answer({"text": "Your ticket is number 42."}))
    assert tickets.say("I want to open a ticket") == "What happened? Please describe it in your own words."
    words = "What is wrong with the weather app? It shows 天气 and crashes, how do I cancel?"
    assert tickets.say(words) == "Does it keep you from working?"
    assert tickets.say("no") == "To which e-mail address may we reply?"
    assert tickets.say("ann at example") == (
        "That does not look like an e-mail address.\nTo which e-mail address may we reply?"
    )
    tickets.say("ann@example.org")
    assert tickets.say("yes") == "Your ticket is number 42."
    (request,) = server.requests
    assert request.json["values"] == {"problem": words, "urgent": False, "email": "ann@example.org"}


def test_an_urgent_ticket_in_chinese(tickets: Chat, server: Server) -> None:
    assert tickets.say("我要报修") == "发生了什么？请用你自己的话描述一下。"
    assert tickets.say("打印机一直卡纸，怎么办？") == "这个问题影响你正常使用吗？"
    assert tickets.say("是的") == "听起来很紧急，我马上请同事来处理，你写的内容他们都能看到。"
    assert tickets.conversation.state == Conversation.State.HUMAN
    assert "- 问题：打印机一直卡纸，怎么办？" in tickets.conversation.state_data["handed_over"]
    assert server.requests == []
