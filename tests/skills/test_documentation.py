"""The examples of the skills page work as they are printed, in both languages."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from clawdbot import testing
from clawdbot.skills import declared
from skills import registry
from tests.builders import make_bot
from tests.http_server import Answer, Server
from tests.skills.builders import call, make_skill

pytestmark = pytest.mark.django_db(transaction=True)

DOCS = Path(__file__).parents[2] / "docs"
PAGES = ("skills.md", "skills.zh-CN.md")


def blocks(page: str, language: str) -> list[str]:
    text = (DOCS / page).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


@pytest.fixture(params=PAGES)
def page(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Stores each example under the name that its first line gives, or else in a module of its own."""
    monkeypatch.syspath_prepend(tmp_path)
    for number, code in enumerate(blocks(request.param, "python")):
        named = re.match(r"# ([\w/]+\.py)", code)
        path = tmp_path / (named[1] if named else f"mybot/example{number}.py")
        path.parent.mkdir(exist_ok=True)
        path.write_text(code, encoding="utf-8")
    yield request.param
    for name in [name for name in sys.modules if name.partition(".")[0] == "mybot"]:
        del sys.modules[name]


def register(page: str) -> None:
    for entry in yaml.safe_load(blocks(page, "yaml")[0])["skills"]:
        make_skill(entry["module"], *entry["triggers"])


@pytest.mark.parametrize(
    ("text", "sides"),
    [
        ("roll", 6),
        ("Roll a die for me, please!", 6),
        ("Could you roll dice?", 6),
        ("roll 1", 1),
        ("roll a die with 1 side", 1),
        ("roll 2 dice with 3 sides", 6),
        ("roll 1.5", 6),
        ("roll " + "9" * 5000, 6),
        ("掷骰子", 6),
        ("帮我掷骰子吧", 6),
        ("掷骰子 \uff11面", 1),
    ],
)
def test_the_first_example_rolls_a_die(page: str, text: str, sides: int) -> None:
    register(page)
    result = call(text, make_bot())
    assert result.ok, result.text
    assert 1 <= int(result.text) <= sides


def test_the_typed_example_takes_a_whole_sentence_asks_and_explains(page: str) -> None:
    make_skill("mybot.forecast.Forecast")
    bot = make_bot()
    assert call("forecast Paris 5 days", bot).text == "Paris: 5 days, celsius"
    assert call("预报 北京 5 天", bot, "zh-hans").text == "北京: 5 days, celsius"
    asked = call("预报", bot, "zh-hans")
    assert asked.needs is not None
    assert asked.needs.question == "哪个城市？"
    schema = declared.read(registry.load("mybot.forecast.Forecast")).schema
    assert schema["properties"]["unit"]["enum"] == ["celsius", "fahrenheit"]


def test_the_test_that_the_page_shows_passes(page: str, tmp_path: Path) -> None:
    shown = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "--rootdir",
            str(tmp_path),
            "test_forecast.py",
        ],
        cwd=tmp_path,
        env={"PYTHONPATH": os.pathsep.join((str(tmp_path), str(DOCS.parent))), "PATH": ""},
        capture_output=True,
        check=False,
    )
    assert shown.returncode == 0, shown.stdout.decode()


def test_the_other_examples_do_what_they_say(page: str, server: Server) -> None:
    by_class = {
        re.search(r"^class (\w+)", code, re.MULTILINE)[1]: number  # type: ignore[index]
        for number, code in enumerate(blocks(page, "python"))
        if code.startswith("from clawdbot.skills")
    }
    assert set(by_class) == {"Dice", "Report", "Order"}
    load = {name: registry.load(f"mybot.example{number}.{name}") for name, number in by_class.items()}
    assert testing.run(load["Dice"], sides="20").text == "a die with 20 sides"
    order = testing.run(load["Order"], amount=3, config={"shop_url": server.url})
    assert order.text == "3 boxes are ordered."
    server.answer(Answer())
    assert server.requests[0].headers["idempotency-key"] == "test"
    assert server.requests[0].json == {"amount": 3}


def test_both_pages_show_the_same_examples() -> None:
    english, chinese = PAGES
    for language in ("python", "yaml"):
        assert blocks(english, language) == blocks(chinese, language)
    headings = [re.findall(r"^(#+) ", (DOCS / page).read_text("utf8"), re.MULTILINE) for page in PAGES]
    assert headings[0] == headings[1]
