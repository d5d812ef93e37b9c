"""SIGKILL in the middle of a tool loop and of a flow: the effect happens once, the person gets one answer."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.request import Request, urlopen

import pytest

from clawdbot import signatures
from tests.e2e.conftest import SETTINGS
from tests.http_server import Answer, Recorded, Server, json_answer, serve
from tests.product import Product
from tests.tool_model import MODEL, ToolModel, Wants, call
from tests.waiting import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

SECRET = "s" * 20
SETUP = """
from bots.models import Bot
from skills.models import FlowDefinition, Skill
from skills.models.flow import new_secret
for name, path in (("board", "Board"), ("board_once", "BoardOnce")):
    Skill.objects.create(module="tests.skills.board_samples." + path, name=name, config={{"url": "{url}/board"}})
steps = [
    {{"kind": "collect", "slot": "name", "question": {{"en": "Your name?", "zh": "您的姓名？"}}}},
    {{"kind": "confirm"}},
    {{"kind": "act", "do": "webhook", "url": "{url}/visits"}},
]
row = FlowDefinition(name="visit", triggers=["book a visit"], definition={{"steps": steps}}, public_only=False)
row.secret = new_secret()
row.save()
bot = Bot.objects.get(is_default=True)
row.bots.set([bot])
print(bot.slug)
"""
CALLS = """
import json
from skills.models import ToolCall
rows = ToolCall.objects.filter(conversation__chat_id="{chat}").order_by("round", "place")
print(json.dumps([[row.tool, row.state, row.result, bool(row.sealed)] for row in rows]))
"""


@dataclass
class World:
    """The product, and everything it talks to, on one server.

    Attributes:
        model: Calls the tool that a message names.
        held: Paths whose next request waits until the product is dead.
        arrived: Set when such a request has come.
        effects: Requests to the board and of the flow.
        sent: Messages to people.
    """

    product: Product
    model: ToolModel
    held: set[str] = field(default_factory=set)
    arrived: threading.Event = field(default_factory=threading.Event)
    dead: threading.Event = field(default_factory=threading.Event)
    effects: list[Recorded] = field(default_factory=list)
    sent: list[Recorded] = field(default_factory=list)
    path: str = ""

    def respond(self, request: Recorded) -> Answer:
        if request.path == "/replies":
            self.sent.append(request)
            return Answer()
        self.effects.append(request)
        self.hold(request.path)
        numbers = {one.headers["idempotency-key"]: number for number, one in enumerate(self.effects, 1)}
        if request.path == "/visits":
            return json_answer({"text": "Your visit is booked."})
        return json_answer({"number": numbers[request.headers["idempotency-key"]]})

    def hold(self, what: str) -> None:
        """Lets the thread of a request wait until the product is dead, once."""
        if what in self.held:
            self.held.discard(what)
            self.arrived.set()
            self.dead.wait(60)

    def say(self, text: str, chat: str) -> None:
        body = json.dumps({"id": f"{chat}-{time.time()}", "chat": {"id": chat}, "user": {"id": chat}, "text": text})
        stamp = str(int(time.time()))
        signature = signatures.hmac_hex(SECRET, f"{stamp}.{body}")
        headers = {"Content-Type": "application/json", "X-Timestamp": stamp, "X-Signature": signature}
        with urlopen(Request(self.product.url + self.path, body.encode(), headers), timeout=30) as response:
            assert response.status < 300

    def texts(self, chat: str) -> list[str]:
        """What a person has got, as a receiver has it that drops a repetition by its key, as the webhook asks."""
        mine = [request for request in list(self.sent) if request.json["chat"]["id"] == chat]
        return list({one.headers["idempotency-key"]: one.json["text"] for one in mine}.values())

    def ask(self, text: str, chat: str, answers: int = 1) -> list[str]:
        self.say(text, chat)
        eventually(lambda: len(self.texts(chat)) >= answers)
        return self.texts(chat)

    def kill_at(self, what: str, text: str, chat: str, before: int = 0) -> None:
        """Says something, kills the product when the request has come and the person has `before` messages."""
        self.held = {what}
        self.arrived.clear()
        self.dead.clear()
        self.say(text, chat)
        assert self.arrived.wait(60), self.product.log()
        eventually(lambda: len(self.texts(chat)) >= before)
        self.product.kill()
        self.dead.set()
        self.product.start(model=False)

    def calls(self, chat: str) -> list[list[Any]]:
        found: list[list[Any]] = json.loads(self.product.manage("shell", "-v", "0", "-c", CALLS.format(chat=chat)))
        return found

    def posts(self, text: str) -> list[str]:
        """The keys with which a text came to the board."""
        found = [one for one in self.effects if one.path == "/board" and one.json["text"] == text]
        return [one.headers["idempotency-key"] for one in found]


def answer(world: World, body: dict[str, Any]) -> Wants:
    """Calls the tool that the last message of the person names, and then says what came of it."""
    said = body["messages"]
    words = str([message["content"] for message in said if message["role"] == "user"][-1]).split()
    results = [str(message["content"]) for message in said if message["role"] == "tool"]
    if results:
        world.hold("second round")
        return Wants(f"Result: {results[-1].splitlines()[1]}")
    if words[0] in ("board", "board_once"):
        return call(words[0], text=words[1])
    if words[0] in ("room", "房间"):
        return call("calculator", expression="12*12")
    if words[0] in ("tea", "茶"):
        return call("reminders", action="create", text="tea", when="in one hour")
    return Wants("All right.")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    product = Product(tmp_path_factory.mktemp("home"), dict(SETTINGS))
    made = World(product, ToolModel())
    made.model.steps = [lambda body: answer(made, body)]
    with serve(made.respond) as peers, made.model.server() as endpoint:
        product.migrate()
        product.start(model=False)
        try:
            _set_up(made, peers, endpoint)
            yield made
        finally:
            made.dead.set()
            product.stop()
    assert made.model.malformed == []


def _set_up(world: World, peers: Server, endpoint: Server) -> None:
    product = world.product
    product.manage("provider", "add", "tools", "--endpoint", f"{endpoint.url}/v1", "--model", MODEL)
    slug = product.manage("shell", "-v", "0", "-c", SETUP.format(url=peers.url)).strip()
    values = ("--set", f"secret={SECRET}", "--set", f"reply_url={peers.url}/replies")
    world.path = product.manage_json("channel", "add", "webhook", "--bot", slug, *values)["webhook_path"]
    assert world.ask("Good day", "first") == ["All right."]


def once(world: World, chat: str, count: int) -> list[str]:
    """Returns what the person has got, after a time in which a second answer would have come."""
    eventually(lambda: len(world.texts(chat)) >= count)
    time.sleep(7)  # a sweep and more
    assert len(world.texts(chat)) == count, world.texts(chat)
    return world.texts(chat)


def test_built_in_skills_are_tools_of_the_running_product(world: World) -> None:
    assert world.ask("room size?", "en") == ["Result: 12 × 12 = 144"]
    assert world.ask("房间 有多大？", "zh") == ["Result: 12 × 12 = 144"]
    assert world.ask("3加5等于几", "words") == ["3 + 5 = 8"]
    (told,) = world.ask("茶 好了说一声", "tea")
    assert told.startswith("Result: 我会")
    ((tool, state, result, sealed),) = world.calls("tea")
    assert (tool, state, sealed) == ("reminders", "done", False)
    assert f"Result: {result.splitlines()[0]}" == told


def test_killed_between_the_effect_and_its_result_the_person_is_told_honestly(world: World) -> None:
    world.kill_at("/board", "board sell", "cut", before=1)  # what the tool is doing has reached the person
    progress, told = once(world, "cut", 2)
    assert progress == "I am pinning “sell” up …"
    assert "It is not known whether it happened" in told
    assert len(world.posts("sell")) == 1
    assert [row[:2] for row in world.calls("cut")] == [["board", "unknown"]]


def test_killed_between_the_effect_and_its_result_a_call_with_a_key_is_repeated(world: World) -> None:
    world.kill_at("/board", "board_once buy", "key")
    (told,) = once(world, "key", 1)
    assert told.startswith("Result: posted buy as number ")
    assert len(world.posts("buy")) == 2
    assert len(set(world.posts("buy"))) == 1, "the board knows that both are one"
    assert [row[:2] for row in world.calls("key")] == [["board_once", "done"]]


def test_killed_between_two_rounds_the_loop_goes_on_from_its_results(world: World) -> None:
    world.kill_at("second round", "board rent", "rounds")
    (told,) = once(world, "rounds", 1)
    assert told.startswith("Result: posted rent as number ")
    assert len(world.posts("rent")) == 1
    assert [row[:2] for row in world.calls("rounds")] == [["board", "done"]]


def test_killed_in_the_effect_of_a_flow_it_ends_with_one_answer(world: World) -> None:
    assert world.ask("book a visit", "flow") == ["Your name?"]
    assert len(world.ask("Ann", "flow", 2)) == 2
    world.kill_at("/visits", "yes", "flow")
    assert once(world, "flow", 3)[-1] == "Your visit is booked."
    visits = [one for one in world.effects if one.path == "/visits"]
    assert {one.json["values"]["name"] for one in visits} == {"Ann"}
    assert len({one.headers["idempotency-key"] for one in visits}) == 1


def test_killed_between_two_questions_a_flow_keeps_its_answers(world: World) -> None:
    before = len([one for one in world.effects if one.path == "/visits"])
    assert world.ask("book a visit", "open") == ["Your name?"]
    world.product.kill()
    world.product.start(model=False)
    assert "Bob" in world.ask("Bob", "open", 2)[-1]
    assert world.ask("yes", "open", 3)[-1] == "Your visit is booked."
    visits = [one for one in world.effects if one.path == "/visits"][before:]
    assert [one.json["values"] for one in visits] == [{"name": "Bob"}]
