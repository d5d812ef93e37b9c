"""Files of skills as people write them: each called in a chat and by `manage.py skill try`, as its author would.

The reports are named beside each kind; the skills are our own.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import call_command

from bots.models import InboundEvent, Message
from skills import catalogue
from skills.models import Skill
from tests.builders import make_channel, say
from tests.peers import StubModel

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("words_only")]

HEAD = """from clawdbot.skills import BaseSkill, Buttons, Parameter
class Told(BaseSkill):
    triggers = ("{name}",)
    {body}
"""
PLAIN = "def execute(self, context): return 'fine'"
FAILED = "Sorry, “{name}” ran into a problem"
WORKS = {
    "async": ("async def execute(self, context): return 'awaited'", "awaited"),  # NousResearch/hermes-agent#12449
    "later": ("async def one(self): return 'awaited'\n    def execute(self, context): return self.one()", "awaited"),
    "yields": ("def execute(self, context):\n        yield 'one'\n        yield 'two'", "one\n\ntwo"),
    "streams": ("async def execute(self, context):\n        yield 'one'\n        yield 'two'", "one\n\ntwo"),
    "loops": (  # an event loop of its own
        "def execute(self, context):\n        import asyncio\n        return asyncio.run(asyncio.sleep(0, 'looped'))",
        "looped",
    ),
    "number": ("def execute(self, context): return 0", "0"),
    "help": (f"async def help(self): return 'h'\n    {PLAIN}", "fine"),  # a method in the place of an attribute
    "word": (f"triggers = 'word'\n    {PLAIN}", "fine"),  # a word is no row of letters
    "name": ("parameters = ('city',)\n    def execute(self, context): return context['parameters']['city']", "city?"),
    "one": ("parameters = Parameter('size', choices=('s', 'l'))\n" + f"    {PLAIN}", "size?"),
    "prints": ("def execute(self, context):\n        print('debug {')\n        return 'printed'", "printed"),
}
FAILS = {
    "none": "def execute(self, context): return None",  # archangelic/pinhook#46, ackwell/ninjabot#5
    "raises": "def execute(self, context):\n        raise RuntimeError('x')\n        yield 'one'",  # pmxbot/pmxbot#19
    "exits": "def execute(self, context):\n        import sys\n        sys.exit(3)",  # Gjum/Bat#18
    "breaks": "def execute(self, context):\n        raise KeyboardInterrupt",
    "endless": "def execute(self, context):\n        while True: yield 'x'",
    "deep": "def execute(self, context): return self.execute(context)",
    "asks": "def execute(self, context): return input('name? ')",
    "bytes": "def execute(self, context): return b'raw'",
    "nobody": "def execute(self): return 'no context'",
}
BROKEN = {  # SpockBotMC/SpockBot#101, jk0/pyhole#82: one file that cannot be loaded costs only its own skill
    "old": ("class Told:\n    def execute(self, context):\n        print 'x'\n", "SyntaxError"),
    "alone": ("import nothing_of_this_name\n", "ModuleNotFoundError"),
    "leaves": ("import sys\nsys.exit(1)\n", "SystemExit"),
    "schema": (HEAD.format(name="schema", body=f"parameters = {{'city': {{}}}}\n    {PLAIN}"), "class Parameter"),
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.syspath_prepend(tmp_path)
    made = tmp_path / "elsewhere"
    made.mkdir()
    yield made
    for name in [name for name in sys.modules if name.partition(".")[0] == "elsewhere"]:
        del sys.modules[name]


def write(folder: Path, name: str, source: str) -> Skill:
    (folder / f"{name}.py").write_text(source, "utf8")
    return Skill.objects.create(module=f"elsewhere.{name}.Told", name=name)


def test_files_of_skills_work_or_cost_one_kind_answer(
    folder: Path, model: StubModel, capsys: pytest.CaptureFixture[str]
) -> None:
    bodies = {name: body for name, (body, _told) in WORKS.items()} | FAILS
    for name, body in bodies.items():
        write(folder, name, HEAD.format(name=name, body=body))
    broken = {name: write(folder, name, source) for name, (source, _why) in BROKEN.items()}
    catalogue.clear_cache()
    channel = make_channel()
    for name in bodies:
        told = WORKS[name][1] if name in WORKS else FAILED.format(name=name)
        row = say(channel, name, chat=f"chat-{name}")
        (answer,) = Message.objects.filter(inbound=row, role="assistant").values_list("text", flat=True)
        assert answer.startswith(told), name
        capsys.readouterr()
        call_command("skill", "try", name, name, "--json", "--effects")
        found = json.loads(capsys.readouterr().out)  # a skill that prints: kud/mcp-jenkins#6
        assert (found["answer"] or found["asks"]).startswith(told), name
    for name, skill in broken.items():
        skill.refresh_from_db()
        assert BROKEN[name][1] in skill.load_error, name
    assert not InboundEvent.objects.exclude(state="done").exists()
