"""Classes that cannot be imported, take long, or say nonsense of themselves cost the bot that skill and nothing else."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bots.models import Bot
from clawdbot import testing
from clawdbot.skills import declared
from skills import importing, registry, runner
from skills.models import Skill
from tests.builders import make_bot
from tests.skills.builders import call, make_skill

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]

GOOD = """
from clawdbot.skills import BaseSkill

class Told(BaseSkill):
    triggers = ("tell",)
    {attribute}

    def execute(self, context):
        return "told"
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.syspath_prepend(tmp_path)
    made = tmp_path / "writers"
    made.mkdir()
    yield made
    for name in [name for name in sys.modules if name.partition(".")[0] == "writers"]:
        del sys.modules[name]


def beside_a_good_one(folder: Path, source: str, *words: str) -> Bot:
    (folder / "odd.py").write_text(source, "utf8")
    (folder / "good.py").write_text(GOOD.format(attribute="triggers = ('fine',)"), "utf8")
    make_skill("writers.odd.Told", *words)
    make_skill("writers.good.Told")
    return make_bot()


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("import sys\nsys.exit(3)", "SystemExit: 3"),
        ("raise KeyboardInterrupt('stop')", "KeyboardInterrupt: stop"),
        ("def f(:\n", "SyntaxError"),
        ("import no_such_library", "ModuleNotFoundError: No module named 'no_such_library'"),
        ("raise ValueError('one\\n\\ntwo')", "ValueError: one two"),
        ("Told = 7", "not a class with an execute method"),
        ("class Told:\n    def execute(self, context, a, /): pass", "must take 'a' by its name"),
        ("class Told:\n    def execute(self, context, a: 'Nothing'): pass", "name 'Nothing' is not defined"),
    ],
)
def test_what_cannot_be_loaded_is_told_in_one_line_and_the_others_work(folder: Path, source: str, told: str) -> None:
    bot = beside_a_good_one(folder, source, "tell")
    result = call("tell", bot)
    assert not result.ok
    assert told in result.record.detail
    assert "\n" not in result.record.detail
    assert call("fine", bot).text == "told"


@pytest.mark.parametrize(
    "attribute",
    ["triggers = 'tell'", "timeout_s = -1", "timeout_s = None", "help = 'What it does.'", "examples = 'Tell me all'"],
)
def test_an_attribute_of_another_type_means_what_it_says(folder: Path, attribute: str) -> None:
    bot = beside_a_good_one(folder, GOOD.format(attribute=attribute))
    assert call("tell", bot).text == "told"
    assert runner.match(bot.pk, "t", "en") is None, "a word is not taken for its letters"
    assert call("fine", bot).text == "told"


def test_nonsense_in_an_attribute_costs_the_others_nothing(folder: Path) -> None:
    bot = beside_a_good_one(folder, GOOD.format(attribute="parameters = 5"), "tell")
    assert call("fine", bot).text == "told"
    assert "TypeError" in Skill.objects.get(module="writers.odd.Told").load_error


def test_an_import_that_takes_long_holds_no_turn_and_is_taken_when_it_ends(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "LIMIT_S", 0.3)
    bot = beside_a_good_one(folder, "import time\ntime.sleep(2)\n" + GOOD.format(attribute=""), "tell")
    began = time.monotonic()
    assert call("fine", bot).text == "told"
    slow = call("tell", bot)
    assert time.monotonic() - began < 1.8
    assert "takes longer than 0.3 s" in slow.record.detail
    while time.monotonic() - began < 30 and not call("tell", bot).ok:
        time.sleep(0.1)
    assert call("tell", bot).text == "told"


def test_an_edit_whose_import_takes_long_keeps_the_class_that_works_until_it_ends(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bot = beside_a_good_one(folder, GOOD.format(attribute=""))
    assert call("tell", bot).text == "told"
    monkeypatch.setattr(importing, "LIMIT_S", 0.2)
    edited = GOOD.format(attribute="").replace('"told"', '"edited"')
    (folder / "odd.py").write_text("import time\ntime.sleep(1)\n" + edited, "utf8")
    assert call("tell", bot).text == "told"
    end = time.monotonic() + 30
    while call("tell", bot).text != "edited" and time.monotonic() < end:
        time.sleep(0.1)
    assert call("tell", bot).text == "edited"
    assert registry.follow("writers.odd.Told", None) == ""


def test_a_turn_that_runs_ends_with_the_class_that_it_began_with(folder: Path, tmp_path: Path) -> None:
    began, go_on = tmp_path / "began", tmp_path / "go-on"
    waits = f"""
import pathlib, time
from clawdbot.skills import BaseSkill
WORD = "old"

class Told(BaseSkill):
    triggers = ("tell",)

    def execute(self, context):
        pathlib.Path({str(began)!r}).touch()
        while not pathlib.Path({str(go_on)!r}).exists():
            time.sleep(0.02)
        return WORD
"""
    bot = beside_a_good_one(folder, waits)
    with ThreadPoolExecutor(1) as threads:
        running = threads.submit(call, "tell", bot)
        while not began.exists():
            time.sleep(0.02)
        (folder / "odd.py").write_text(GOOD.format(attribute="").replace('"told"', '"new"'), "utf8")
        assert call("tell", bot).text == "new"
        go_on.touch()
        assert running.result(20).text == "old"


def test_the_annotation_of_the_context_need_not_exist_at_run_time(folder: Path) -> None:
    source = """from __future__ import annotations
from typing import TYPE_CHECKING, Literal, Optional
if TYPE_CHECKING:
    from clawdbot.skills import Context
    from nowhere import Answer

class Typed:
    def execute(self, context: Context, size: Literal["s", "l"], note: Optional[str] = None) -> Answer:
        return f"{size} {note}"

class Static:
    @staticmethod
    def execute(context: Context, size: int):
        return str(size)
"""
    (folder / "typed.py").write_text(source, "utf8")
    assert testing.run(registry.load("writers.typed.Typed"), size="l").text == "l None"
    assert [one.name for one in declared.read(registry.load("writers.typed.Static")).parameters] == ["size"]
