"""Each built-in skill as a tool of a model, end to end and in both languages: the answer, the row, the effect once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from bots.models import Channel, Conversation, Message, Person, Schedule
from memory.models import MemoryEntry
from skills.models import Skill, ToolCall
from skills.seed import BUILT_IN
from tests.builders import answers, say
from tests.http_server import Server
from tests.pipeline.engine.answer.test_tool_streaming import Screen
from tests.pipeline.engine.answer.tool_loop_builders import asking
from tests.skills.fresh_installation import install
from tests.tool_model import Wants, call

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("words_only")]


@dataclass(frozen=True)
class Case:
    """A question by language, the call that the model makes, and what its result holds by language."""

    tool: str
    arguments: dict[str, Any]
    questions: tuple[str, str]
    results: tuple[str, str]
    effect: Callable[[], int] = lambda: 1
    effects: frozenset[str] = field(default=frozenset({"reads"}))


def reminders() -> int:
    in_an_hour = timezone.now() + timedelta(minutes=55), timezone.now() + timedelta(minutes=65)
    return Schedule.objects.filter(text="tea", next_at__range=in_an_hour, inbound__isnull=False).count()


WRITES = frozenset({"writes"})
BOTH = frozenset({"reads", "writes"})
CASES = (
    Case("weather", {"city": "Paris"}, ("Umbrella?", "要带伞吗？"), ("Paris, France, today: overcast", "今天：阴")),
    Case("calculator", {"expression": "12% of 340"}, ("The tip?", "小费是多少？"), ("= 40.8", "= 40.8")),
    Case("units", {"amount": "3 斤", "unit": "kg"}, ("How heavy?", "多重？"), ("3 斤 = 1.5 kg", "3 斤 = 1.5")),
    Case(
        "date_and_time",
        {"question": "what weekday is 5 March 2027"},
        ("Which day?", "那天呢？"),
        ("Friday", "星期五"),
        effects=BOTH,
    ),
    Case(
        "remember",
        {"text": "my cat is called Tom"},
        ("Keep it in mind.", "放在心上。"),
        ("I will remember: “my cat is called Tom”.", "我会记住：“my cat is called Tom”。"),
        lambda: MemoryEntry.objects.filter(text="my cat is called Tom", pinned=True).count(),
        WRITES,
    ),
    Case("known", {}, ("Who am I?", "我是谁？"), ("I live in Lisbon", "I live in Lisbon")),
    Case("webpage", {"url": "{url}/news"}, ("News?", "有新闻吗？"), ("Title: Oven news", "Title: Oven news")),
    Case(
        "reminders",
        {"action": "create", "text": "tea", "when": "in one hour"},
        ("Tea later, please.", "一会儿喝茶。"),
        ("tea", "tea"),
        reminders,
        BOTH,
    ),
    Case(
        "person",
        {"reason": "wants a refund"},
        ("This is hopeless.", "没救了。"),
        ("24", "24"),
        lambda: Conversation.objects.filter(state="human", state_data={"handed_over": "wants a refund"}).count(),
        WRITES,
    ),
)


def by_tools_only(channel: Channel, value: bool) -> None:
    channel.bot.skills_by_tools_only = value
    channel.bot.save()


@pytest.fixture(autouse=True)
def built_in(channel: Channel, server: Server) -> None:
    """Only the model calls skills."""
    by_tools_only(channel, True)
    install(server)


def reads_then_tells(name: str, arguments: dict[str, Any]) -> Callable[[dict[str, Any]], Wants]:
    """A model that makes one call, and then says the first line of its result."""

    def answer(body: dict[str, Any]) -> Wants:
        results = [message["content"] for message in body["messages"] if message["role"] == "tool"]
        return Wants(f"Well: {results[-1].splitlines()[1]}") if results else call(name, **arguments)

    return answer


def private(channel: Channel, text: str) -> str:
    say(channel, text, chat="7", user="7", chat_type="private", user_name="Mei")
    return answers()[-1]


def test_there_is_a_case_for_each() -> None:
    assert {case.tool for case in CASES} | {"forget"} == {
        name.replace(" ", "_") for name in Skill.objects.values_list("name", flat=True)
    }
    assert len(CASES) + 1 == len(BUILT_IN)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.tool)
@pytest.mark.parametrize("language", [0, 1], ids=["en", "zh"])
@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_the_model_calls_it_and_answers(
    channel: Channel, server: Server, case: Case, language: int, streamed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = Screen(monkeypatch) if streamed else None
    given = {key: str(value).replace("{url}", server.url) for key, value in case.arguments.items()}
    with asking(Wants("Noted."), reads_then_tells(case.tool, given)) as model:
        private(channel, ("I live in Lisbon", "我住在里斯本。I live in Lisbon")[language])
        if screen is not None:
            screen.restart()
        said = private(channel, case.questions[language])
    row = ToolCall.objects.get()
    assert case.results[language] in row.result
    assert said.split() == f"Well: {row.result.splitlines()[0]}".split()
    assert (row.tool, row.source, row.state, row.round, row.place) == (case.tool, "skill", "done", 1, 0)
    assert row.arguments == given
    assert 0 <= row.ms < 20_000
    assert (row.asked, row.decided_by) == ("", ""), "nobody had to allow it"
    assert set(row.effects.split()) == case.effects
    assert row.begun_by == row.inbound_id
    assert case.effect() == 1
    assert [bool(body.get("stream")) for body in model.requests] == [streamed] * 3
    assert model.malformed == []
    assert screen is None or screen.text.split() == said.split()
    assert Message.objects.filter(role="assistant").count() == 2


@pytest.mark.parametrize(
    ("question", "yes", "asks", "done"),
    [("Away with Rome.", "yes", "Type “yes” or “no”", "Done"), ("罗马的事不要留着。", "是", "请回复“是”或“不”", "")],
    ids=["en", "zh"],
)
@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_to_forget_needs_the_yes_of_the_person(
    channel: Channel,
    question: str,
    yes: str,
    asks: str,
    done: str,
    streamed: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if streamed:
        Screen(monkeypatch)
    with asking(Wants("Noted."), reads_then_tells("forget", {"topic": "Rome"})) as model:
        private(channel, "My sister lives in Rome")
        asked = private(channel, question)
        assert "My sister lives in Rome" in asked
        assert asks in asked
        assert MemoryEntry.objects.filter(text__contains="sister lives in Rome").exists()
        said = private(channel, yes)
    row = ToolCall.objects.get()
    assert (row.tool, row.state, row.asked, row.effects) == ("forget", "done", "person", "destructive")
    assert row.decided_by == "person"
    assert row.decided_at is not None
    assert row.result.startswith(done)
    assert said.split() == f"Well: {row.result.splitlines()[0]}".split()
    assert not MemoryEntry.objects.filter(text__contains="sister lives in Rome").exists()
    assert model.malformed == []


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("how many days until 25 December 2027", "days"),
        ("2027年12月25日还有多少天", "天"),
        ("what weekday is 5 March 2027", "Friday"),
        ("2027年3月5日是星期几", "星期五"),
        ("my time zone is Asia/Tokyo", "Tokyo"),
        ("我的时区是东京", "Asia/Tokyo"),
    ],
)
def test_date_and_time_by_words(channel: Channel, text: str, part: str) -> None:
    by_tools_only(channel, False)
    assert part in private(channel, text)
    assert not ToolCall.objects.exists()
    assert ("Tokyo" in Person.objects.get().time_zone) == ("zone" in text or "时区" in text)
