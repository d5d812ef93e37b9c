"""Skills that use the services of the SDK."""

from __future__ import annotations

import asyncio
import enum
import subprocess
import sys
import time
from datetime import date
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, Field

from clawdbot.skills import BaseSkill, Buttons, Context, Effect, File, Parameter, Question, SkillError

READS = frozenset({Effect.READS})


class Counter(BaseSkill):
    """Counts the calls of each person."""

    def execute(self, context: Context) -> str:
        context.state["count"] = context.state.get("count", 0) + 1
        context.state.setdefault("texts", []).append(context.text)
        return f"call {context.state['count']}"


class CountsAndFails(BaseSkill):
    def execute(self, context: Context) -> str:
        context.state["count"] = 99
        context.memory.remember("nobody may remember this")
        raise SkillError("not today")


class CountsAndHangs(BaseSkill):
    timeout_s = 0.2

    def execute(self, context: Context) -> str:
        context.state["count"] = 99
        time.sleep(0.5)
        context.memory.remember("too late")
        return "late"


class KeepsRubbish(BaseSkill):
    def execute(self, context: Context) -> str:
        context.state["set"] = {1, 2}
        return "kept"


class KeepsTooMuch(BaseSkill):
    def execute(self, context: Context) -> str:
        context.state["big"] = "x" * 70_000
        return "kept"


class Clears(BaseSkill):
    def execute(self, context: Context) -> str:
        context.state.clear()
        return "cleared"


class Notes(BaseSkill):
    def execute(self, context: Context) -> str:
        context.memory.remember(str(context.parameters["text"]))
        return "noted"


class Knows(BaseSkill):
    def execute(self, context: Context) -> str:
        found = context.memory.search(str(context.parameters["text"]))
        facts = context.memory.facts()
        return f"{[one.text for one in found]} {[one.text for one in facts]} {context.knowledge.search('x')!r}"


class Forgets(BaseSkill):
    def execute(self, context: Context) -> str:
        topic = str(context.parameters["text"])
        return f"{len(context.memory.about(topic))} {context.memory.forget(topic)}"


class HandsOver(BaseSkill):
    def execute(self, context: Context) -> str:
        context.dialog.hand_over("wants a person")
        return "A person will write to you."


class TellsKey(BaseSkill):
    keys: ClassVar[list[str]] = []

    def execute(self, context: Context) -> str:
        self.keys.append(context.idempotency_key)
        return context.idempotency_key


class Async(BaseSkill):
    async def execute(self, context: Context) -> str:
        await asyncio.sleep(0.01)
        return f"async {context.now.tzinfo} {context.language}"


class Fetches(BaseSkill):
    """Fetches the address in its message, and the one in its configuration."""

    def execute(self, context: Context) -> str:
        url = str(context.config.get("base_url") or context.parameters["text"])
        response = context.http.request("GET", url)
        return f"{response.status} {len(response.body)}"


class Unit(enum.Enum):
    CELSIUS = "celsius"
    FAHRENHEIT = "fahrenheit"


class Forecast(BaseSkill):
    """Declares its parameters by annotations."""

    name = "forecast"
    description = "The weather of the next days."
    effects = READS
    seen: ClassVar[list[Any]] = []

    def execute(
        self,
        context: Context,
        city: Annotated[str, Question("Which city?", zh="哪个城市？"), Field(min_length=2, max_length=40)],
        days: Annotated[int, Question("How many days?", zh="几天？"), Field(ge=1, le=16, description="Days ahead")] = 3,
        unit: Unit = Unit.CELSIUS,
    ) -> str:
        self.seen.append((city, days, unit))
        return f"{city} {days} {unit.value} {sorted(context.parameters)}"


class Booking(BaseSkill):
    """Declares its parameters by a model, and asks before it books."""

    name = "booking"
    effects = frozenset({Effect.WRITES, Effect.OUTSIDE})
    confirm = True
    idempotent = True

    class Parameters(BaseModel):
        guests: Annotated[int, Question("For how many?", zh="几位？")] = Field(ge=1, le=8)
        title: str = "table"
        when: Annotated[Literal["noon", "evening"], Question("When?")] = "evening"

    def preview(self, context: dict[str, Any]) -> str:
        given = context["parameters"]
        return f"Book a {given['title']} for {given['guests']} at {given['when']}."

    def execute(self, context: Context) -> str:
        given = context.parameters
        return f"booked {given['title']} for {given['guests'] + 0} at {given['when']}"


class Mapped(BaseSkill):
    """Declares its parameters as a tuple."""

    parameters = (
        Parameter("sides", prompt={"en": "How many sides?"}, validator=int),
        Parameter("colour", choices=("red", "blue"), required=False, default="red"),
    )

    def execute(self, context: Context) -> str:
        return f"{context.parameters['sides'] + 0} {context.parameters['colour']}"


class NoParameters(BaseSkill):
    as_tool = True
    effects = READS

    def execute(self, context: Context) -> str:
        return "nothing needed"


class BadAnnotation(BaseSkill):
    def execute(self, context: Context, thing: UnknownThing) -> str:  # type: ignore[name-defined]  # noqa: F821
        return ""


class TellsSecret(BaseSkill):
    secrets = ("api_key",)

    def execute(self, context: Context) -> str:
        key = context.secrets.get("api_key", "")
        return f"{len(key)} {key}"


class Menu(BaseSkill):
    """Answers with buttons; a pressed one calls it again."""

    def execute(self, context: Context) -> Any:
        picked = str(context.parameters["text"])
        return f"picked {picked}" if picked else ["What would you like?", Buttons("menu soup", "menu rice", "")]


class Leaks(BaseSkill):
    def execute(self, context: Context) -> str:
        return f"the key is {context.secrets.get('api_key')}"


class Megabyte(BaseSkill):
    def execute(self, context: Context) -> str:
        return "x" * 1_000_000


class Rubbish(BaseSkill):
    """Answers whatever its configuration names."""

    def execute(self, context: Context) -> Any:
        kinds: dict[str, Any] = {
            "dict": {"a": 1}, "bytes": b"raw", "object": object(), "class": Rubbish, "none": None, "true": True,
            "many": ["x"] * 41, "nested": [["x"]], "int": 42, "set": {"a"}, "surrogate": "\ud800 ok", "empty file": File(b"", "x"),
        }  # fmt: skip
        return kinds[str(context.config["kind"])]


class Forks(BaseSkill):
    """Starts a process that outlives its time limit, and waits for it."""

    timeout_s = 0.3

    def execute(self, context: Context) -> str:
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(3)"])
        child.wait()
        return "done"


class Spins(BaseSkill):
    timeout_s = 0.3

    def execute(self, context: Context) -> str:
        ends = time.monotonic() + 1.5
        while time.monotonic() < ends:
            pass
        return "done"


class Recurses(BaseSkill):
    def execute(self, context: Context) -> str:
        return self.execute(context)


class Outside(BaseSkill):
    effects = frozenset({Effect.OUTSIDE})

    def execute(self, context: Context) -> str:
        return "posted"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Stop(BaseModel):
    place: str
    minutes: int = 5


class Route(BaseSkill):
    """Every kind of annotation that tools of others lost or that models refused."""

    effects = READS

    def execute(
        self,
        context: Context,
        level: Level,
        size: Literal[1, 2, 3] = 2,
        country: str | None = None,
        limit: int | None = None,
        both: int | str = 1,
        tags: list[str] = [],  # noqa: B006  as authors write it
        stops: list[Stop] = [],  # noqa: B006
        day: date | None = None,
        sure: bool = False,
    ) -> str:
        tags.append("seen")
        return repr((level, size, country, limit, both, tags, stops, day, sure))


class Posts(BaseSkill):
    """Reaches the outside world: each call counts."""

    effects = frozenset({Effect.OUTSIDE})
    posted: ClassVar[list[str]] = []

    def execute(self, context: Context) -> str:
        self.posted.append(context.idempotency_key)
        context.state["posted"] = True
        return "posted"
