"""Files of a home are exchanged as a whole, whenever the process is killed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from clawdbot import home_swap

ASIDE = [("data", "aside/data"), ("keys", "aside/keys")]
PUT = [("new/data", "data"), ("new/keys", "keys")]
RENAMES = 4


class Killed(BaseException):
    """Simulates SIGKILL."""


def make_home(folder: Path) -> Path:
    for name, text in (("data", "old"), ("keys/a", "old"), ("new/data", "new"), ("new/keys/a", "new")):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def contents(home: Path) -> dict[str, str]:
    return {str(path.relative_to(home)): path.read_text() for path in home.rglob("*") if path.is_file()}


EXCHANGED = {"data": "new", "keys/a": "new", "aside/data": "old", "aside/keys/a": "old"}


def test_everything_is_exchanged(tmp_path: Path) -> None:
    home_swap.carry_out(make_home(tmp_path), ASIDE, PUT)
    assert contents(tmp_path) == EXCHANGED


def test_without_a_plan_there_is_nothing_to_finish(tmp_path: Path) -> None:
    before = contents(make_home(tmp_path))
    assert not home_swap.finish(tmp_path)
    assert contents(tmp_path) == before


@pytest.mark.parametrize("renames", range(RENAMES))
def test_a_killed_exchange_is_finished_by_the_next_process(
    renames: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, count, rename = make_home(tmp_path), 0, os.rename

    def dying(*args: Any) -> None:
        nonlocal count
        if count == renames:
            raise Killed
        count += 1
        rename(*args)

    with monkeypatch.context() as patch:
        patch.setattr(os, "rename", dying)
        with pytest.raises(Killed):
            home_swap.carry_out(home, ASIDE, PUT)
    assert home_swap.finish(home)
    assert contents(home) == EXCHANGED
    assert not home_swap.finish(home)


def test_killed_before_the_plan_is_whole_nothing_is_exchanged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(*_args: Any) -> None:
        raise Killed

    home, before = make_home(tmp_path), contents(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", die)
        with pytest.raises(Killed):
            home_swap.carry_out(home, ASIDE, PUT)
    assert not home_swap.finish(home)
    assert {name: text for name, text in contents(home).items() if not name.startswith(".")} == before
