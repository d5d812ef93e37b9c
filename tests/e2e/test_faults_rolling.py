"""A rolling restart: every process is replaced while answers stream, and each person sees one whole answer.

`make test-faults` runs this: two web processes, two workers and beat of the Procfile, PostgreSQL, Redis, and visitors
whose pages reconnect to the other web process.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import psycopg
import pytest

from tests import load, outages
from tests.chat_client import ChatClient
from tests.http_server import Answer, Recorded
from tests.peers import MODEL, StreamingModel
from tests.procfile import ProcfileProduct
from tests.product import free_port
from tests.waiting import eventually

pytestmark = [pytest.mark.faults, pytest.mark.timeout(900)]

VISITORS, WORDS, PAUSE_S = 5, 40, 0.15
ENDS_WITHIN_S = 60.0  # a process after SIGTERM
ANSWERED_WITHIN_S = 90.0
_NUMBER = re.compile(r"question (\d+)\b")
REGISTERED = "SELECT 1 FROM bots_worker WHERE role = 'worker' AND pid = %s"
TRANSCRIPT = """
SELECT role, text FROM bots_message WHERE conversation_id IN
    (SELECT id FROM bots_conversation WHERE channel_id IN (SELECT id FROM bots_channel WHERE platform = 'web'))
ORDER BY conversation_id, id
"""


def whole(number: int) -> str:
    """Returns the answer to a question."""
    return f"answer {number}: " + " ".join(f"w{number}-{word}" for word in range(WORDS)) + f" end {number}"


class Slow(StreamingModel):
    """A model that answers the last question of a prompt word by word, to several callers at the same time."""

    def _answer(self, request: Recorded) -> Answer:
        asked = _NUMBER.findall(str(request.json["messages"][-1]["content"]))
        answers = {"": whole(int(asked[-1])) if asked else "Nothing was asked."}
        return StreamingModel(answers, self.pause_s)._answer(request)


@dataclass
class Talk:
    """A visitor who asks one question after the other."""

    page: ChatClient
    first: int
    asked: dict[str, int] = field(default_factory=dict)
    torn: list[str] = field(default_factory=list)
    slowest_s: float = 0.0

    def watch(self, client_id: str, shown: str) -> None:
        """Notes what is on the screen and no beginning of the answer: words that are missing or doubled."""
        number = self.asked.get(client_id)
        if number is not None and not whole(number).startswith(shown.strip()):
            self.torn.append(f"{number}: {shown[-200:]}")

    def ask_until(self, over: threading.Event) -> None:
        number = self.first
        while not over.is_set():
            began = time.monotonic()
            client_id = self.page.say(f"This is question {number}")
            self.asked[client_id] = number
            eventually(lambda: self.page.shown_for(client_id), ANSWERED_WITHIN_S)  # noqa: B023  called at once
            self.slowest_s = max(self.slowest_s, time.monotonic() - began)
            number += VISITORS


class Rolling:
    """The processes, which are replaced one at a time."""

    def __init__(self, nodes: tuple[ProcfileProduct, ProcfileProduct], database: str) -> None:
        self.nodes = nodes
        self.database = database
        self.ended_s: dict[str, float] = {}

    def restart(self, node: ProcfileProduct, place: int) -> None:
        """Ends a process as a supervisor does (SIGTERM), and starts another one when it has ended."""
        name, process = node.processes[place], node.running[place]
        began = time.monotonic()
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(ENDS_WITHIN_S)
        self.ended_s[f"{name} {self.nodes.index(node) + 1}"] = time.monotonic() - began
        node.start_again(place)
        eventually(lambda: node.is_ready(model=False) and self._takes_turns(node, place), 90)

    def _takes_turns(self, node: ProcfileProduct, place: int) -> bool:
        """Returns whether the process is registered, if it is a worker: only then the next one may be replaced."""
        if node.processes[place] != "worker":
            return True
        with psycopg.connect(self.database) as database:
            return database.execute(REGISTERED, (node.running[place].pid,)).fetchone() is not None

    def places(self, name: str) -> list[tuple[ProcfileProduct, int]]:
        return [(node, place) for node in self.nodes for place, one in enumerate(node.processes) if one == name]


@pytest.fixture
def servers() -> Iterator[tuple[outages.Postgres, outages.Redis]]:
    with outages.postgresql() as postgres, outages.redis() as redis:
        yield postgres, redis


@pytest.fixture
def rolling(servers: tuple[outages.Postgres, outages.Redis], tmp_path: Any) -> Iterator[Rolling]:
    settings = load.settings(DATABASE_URL=servers[0].url, REDIS_URL=servers[1].url)
    first = ProcfileProduct(tmp_path / "home", settings, processes=("web", "worker", "beat"))
    second = ProcfileProduct(tmp_path / "home", settings, processes=("web", "worker"), port=free_port())
    model = Slow(pause_s=PAUSE_S)
    with model.server() as endpoint, contextlib.ExitStack() as stack:
        first.migrate()
        first.manage("bot", "add", "rolling")
        first.manage("provider", "add", "slow", "--endpoint", f"{endpoint.url}/v1", "--model", MODEL)
        for node in (first, second):
            stack.callback(node.stop)
            node.start(model=False)
        yield Rolling((first, second), servers[0].url)


def test_each_question_has_one_whole_answer_while_every_process_is_replaced(
    rolling: Rolling, servers: tuple[outages.Postgres, outages.Redis]
) -> None:
    addresses = tuple(f"ws://127.0.0.1:{node.port}/ws/chat/rolling/" for node in rolling.nodes)
    talks = []
    for first in range(1, VISITORS + 1):
        page = ChatClient(addresses if first % 2 else addresses[::-1])
        talk = Talk(page, first)
        page.on_token = talk.watch
        talks.append(talk)
    over = threading.Event()
    people = [threading.Thread(target=talk.ask_until, args=(over,), daemon=True) for talk in talks]
    for person in people:
        person.start()
    try:
        for name in ("web", "worker", "web", "worker"):
            for node, place in rolling.places(name):
                eventually(lambda: sum(talk.page.is_streaming() for talk in talks) >= 2, ANSWERED_WITHIN_S)
                rolling.restart(node, place)
    finally:
        over.set()
    for person in people:
        person.join(ANSWERED_WITHIN_S + 10)
    time.sleep(4.0)  # a late duplicate would arrive now
    _check_screens(talks)
    _check_transcript(servers[0].url, talks)
    _print(rolling, talks)
    _check_reloaded(talks)
    for talk in talks:
        talk.page.close()


def _check_screens(talks: list[Talk]) -> None:
    for talk in talks:
        assert talk.torn == []
        assert talk.page.notices == []
        assert talk.page.streams == {}
        expected = [[whole(number)] for number in talk.asked.values()]
        assert [talk.page.shown_for(client_id) for client_id in talk.asked] == expected
        assert len(talk.page.answers) == len(expected), talk.page.answers


def _check_reloaded(talks: list[Talk]) -> None:
    """A reload shows the latest messages: each question and below it its one answer."""
    for talk in talks:
        talk.page.reload()
    eventually(lambda: all(talk.page.answers for talk in talks), 60)
    for talk in talks:
        answers = [(client_id, text) for client_id, text in talk.page.answers.values()]
        latest = list(talk.asked.items())[-len(answers) :]
        assert len(answers) >= min(len(talk.asked), 25)
        assert answers == [(client_id, whole(number)) for client_id, number in latest]
        assert set(talk.page.questions) <= set(talk.asked)


def _check_transcript(url: str, talks: list[Talk]) -> None:
    with psycopg.connect(url) as database:
        rows = database.execute(TRANSCRIPT).fetchall()
    numbers = sorted(number for talk in talks for number in talk.asked.values())
    answers = sorted(text for role, text in rows if role == "assistant")
    assert answers == sorted(whole(number) for number in numbers)
    questions = sorted(int(_NUMBER.findall(text)[0]) for role, text in rows if role == "user")
    assert questions == numbers


def _print(rolling: Rolling, talks: list[Talk]) -> None:
    asked = sum(len(talk.asked) for talk in talks)
    restarted = sum(talk.page.restarts for talk in talks)
    connections = sum(talk.page.connections for talk in talks) - 2 * len(talks)
    slowest = max(talk.slowest_s for talk in talks)
    ends = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in rolling.ended_s.items())
    print(f"{asked} questions, lost 0, cut 0, doubled 0; {restarted} answers began again, {connections} reconnections,")
    print(f"slowest answer {slowest:.1f} s (undisturbed {WORDS * PAUSE_S:.0f} s); ended after SIGTERM: {ends}")
