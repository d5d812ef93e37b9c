"""The first example of docs/skills.md works as it is printed, with the configuration printed below it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from tests.builders import make_bot
from tests.skills.builders import call, make_skill

pytestmark = pytest.mark.django_db(transaction=True)

PAGE = Path(__file__).parents[2] / "docs" / "skills.md"


def first_block(language: str) -> str:
    found = re.search(rf"^```{language}\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    assert found is not None
    return found.group(1)


@pytest.fixture
def documented(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stores the example under the name that its first line gives, and registers it as the page says."""
    code, entry = first_block("python"), yaml.safe_load(first_block("yaml"))["skills"][0]
    path = tmp_path / code.split(",")[0].removeprefix("# ")
    path.parent.mkdir()
    path.write_text(code, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    make_skill(entry["module"], *entry["triggers"])


@pytest.mark.usefixtures("documented")
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
def test_the_first_example_rolls_a_die(text: str, sides: int) -> None:
    result = call(text, make_bot())
    assert result.ok, result.text
    assert 1 <= int(result.text) <= sides
