"""Good and bad skills of users."""

from __future__ import annotations

import base64
import threading
from typing import Any

from clawdbot.skills import Answer, BaseSkill, File, Parameter, SkillError


class Echo(BaseSkill):
    """The minimum: no name, no declared parameters."""

    def execute(self, context: dict[str, Any]) -> str:
        return f"[{context['parameters']['text']}]"


class City(BaseSkill):
    """Reads a parameter that it does not declare."""

    def execute(self, context: dict[str, Any]) -> str:
        return f"city={context['parameters']['city']}"


class Optional(BaseSkill):
    def execute(self, context: dict[str, Any]) -> str:
        parameters = context["parameters"]
        return f"{parameters.get('city', 'nowhere')} {parameters.get('day', 'today')}"


class Plain:
    """A class that is not a BaseSkill."""

    def execute(self, context: dict[str, Any]) -> str:
        return "plain"


class Dice(BaseSkill):
    name = "dice"
    description = "Rolls a die."
    triggers = ("roll", "掷骰子")
    parameters = (
        Parameter("sides", prompt={"en": "How many sides?", "zh": "几面的骰子？"}, validator=int),
        Parameter("colour", prompt={"en": "Which colour?"}, choices=("red", "blue")),
        Parameter("times", required=False, default=1, choices=("1", "2")),
    )

    def execute(self, context: dict[str, Any]) -> str:
        given = context["parameters"]
        return f"{given['sides'] + 0} {given['colour']} x{given['times']}"


class Alarm(BaseSkill):
    """Offers a choice that sounds like leaving the form."""

    parameters = (Parameter("action", choices=("start", "stop")),)

    def execute(self, context: dict[str, Any]) -> str:
        return f"alarm: {context['parameters']['action']}"


class Configured(BaseSkill):
    def execute(self, context: dict[str, Any]) -> str:
        return f"{context['config']} {context['language']} {context['trigger']} {context['extra']}"


class Fails(BaseSkill):
    def execute(self, context: dict[str, Any]) -> str:
        raise RuntimeError("the token is Bearer abcdefghijklmnop")


class Exits(BaseSkill):
    def execute(self, context: dict[str, Any]) -> str:
        raise SystemExit(3)


class Refuses(BaseSkill):
    def execute(self, context: dict[str, Any]) -> str:
        raise SkillError("I only do that on Sundays.")


class Silent(BaseSkill):
    def execute(self, context: dict[str, Any]) -> str:
        return "  "


class Slow(BaseSkill):
    """Returns when the test allows it."""

    timeout_s = 0.1
    started: list[int] = []
    released = threading.Event()

    def execute(self, context: dict[str, Any]) -> str:
        self.started.append(1)
        self.released.wait(60)
        return "late"


class NoExecute:
    pass


PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


class Chart(BaseSkill):
    """Text, a picture with a caption, text: in this order."""

    def execute(self, context: dict[str, Any]) -> Answer:
        return ["Here it is:", File(PICTURE, "../图 表.png", caption="**Sales**"), "Anything else?"]


class OnlyFile(BaseSkill):
    def execute(self, context: dict[str, Any]) -> Answer:
        return File(b"%PDF-1.7 secret plan", "plan")


class TooMuch(BaseSkill):
    def execute(self, context: dict[str, Any]) -> Answer:
        return [File(b"", "nothing.txt"), File(bytes(30 * 1024 * 1024), "huge.bin", caption="see")]


class Nothing(BaseSkill):
    def execute(self, context: dict[str, Any]) -> Any:
        return [None, " "]
