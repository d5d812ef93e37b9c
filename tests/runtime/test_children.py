"""`serve` keeps the command running that is wanted now: it starts, replaces and ends it without a restart."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bots.llm import model_choice
from bots.runtime import model_server
from bots.runtime.children import Children
from tests.waiting import eventually

# Stands for manage.py: writes its arguments and waits, ends with code 1 for "bad".
PROGRAM = """
import pathlib, sys, time
pathlib.Path(__file__).with_name("log").open("a").write(" ".join(sys.argv[1:]) + "\\n")
sys.exit(1) if "bad" in sys.argv else time.sleep(60)
"""


@pytest.fixture
def children(tmp_path: Path) -> Iterator[Children]:
    (tmp_path / "manage.py").write_text(PROGRAM)
    made = Children((sys.executable, str(tmp_path / "manage.py")))
    yield made
    made.stop()


def started(children: Children) -> list[str]:
    log = Path(children.command[1]).with_name("log")
    return log.read_text().splitlines() if log.exists() else []


def running(children: Children) -> bool:
    process = children._children[0].process
    return process is not None and process.poll() is None


def test_what_is_wanted_later_starts_is_replaced_and_ends(children: Children) -> None:
    wanted: list[tuple[str, ...] | None] = [None]
    children.follow("model server", lambda: wanted[0])
    children.watch()
    assert not running(children)
    wanted[0] = ("serve", "a.gguf")
    eventually(lambda: started(children) == ["serve a.gguf"])
    wanted[0] = ("serve", "b.gguf")
    eventually(lambda: started(children) == ["serve a.gguf", "serve b.gguf"])
    wanted[0] = None
    eventually(lambda: not running(children))


def test_one_that_cannot_run_rests_until_another_is_wanted(children: Children) -> None:
    wanted: list[tuple[str, ...]] = [("bad",)]
    children.follow("model server", lambda: wanted[0])
    children.watch()
    eventually(lambda: children._children[0].gone)
    assert started(children) == ["bad"]
    wanted[0] = ("good",)
    eventually(lambda: started(children) == ["bad", "good"])


def use(settings: Any, **values: Any) -> None:
    server = settings.CLAWDBOT.model_server.model_copy(update={"enable": True, "port": 8000, **values})
    settings.CLAWDBOT = settings.CLAWDBOT.model_copy(update={"model_server": server})


def test_the_demonstration_model_starts_only_where_it_words_quotes(settings: Any) -> None:
    command = ("modelserver", "--port", "8000")
    use(settings)
    assert model_server.arguments(has_provider=False) is None
    use(settings, words_answers=True)
    assert model_server.arguments(has_provider=False) == command
    assert model_server.arguments(has_provider=True) is None
    use(settings, words_answers=True, enable=False)
    assert model_server.arguments(has_provider=False) is None


def test_the_chosen_file_counts_before_that_of_the_configuration(settings: Any) -> None:
    use(settings, model_file="/srv/configured.gguf")
    try:
        assert model_server.arguments(has_provider=True) == (
            *("modelserver", "--port", "8000"),
            *("--model-file", "/srv/configured.gguf"),
        )
        model_choice.choose("/srv/chosen.gguf")
        assert model_server.wanted() == "/srv/chosen.gguf"
        model_choice._place().write_text("{broken")
        assert model_server.wanted() == "/srv/configured.gguf"
    finally:
        model_choice.choose("")
    assert model_server.wanted() == "/srv/configured.gguf"
