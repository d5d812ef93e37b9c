"""Where the product finds its own files and keeps the data, and what the working directory can do to it."""

from __future__ import annotations

import pwd
import subprocess
import sys
from pathlib import Path
from typing import Any, NoReturn

import pytest

from clawdbot_site import command_line, places
from clawdbot_site.loading import load
from clawdbot_site.sources import ConfigError
from tests.clawdbot_site.builders import ROOT, environment


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "INSTALLED", True)
    for name in ("CLAWDBOT_HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)


def test_a_checkout_keeps_its_data_and_starts_itself() -> None:
    assert places.default_home() == ROOT / "var"
    assert places.command() == (sys.executable, str(ROOT / "manage.py"))
    assert (places.TEMPLATES, places.LOCALE, places.PRESETS) == (ROOT / "templates", ROOT / "locale", ROOT / "config")


@pytest.mark.usefixtures("installed")
def test_an_installed_product_keeps_them_with_the_data_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/some user")
    assert load().home.is_relative_to("/home/some user")
    assert load().home.name == "clawdbot"
    assert places.command() == (sys.executable, "-P", "-m", "clawdbot_site")


@pytest.mark.usefixtures("installed")
def test_a_user_without_a_home_has_to_name_a_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(_uid: int) -> NoReturn:
        raise KeyError("uid not found")

    monkeypatch.delenv("HOME")
    monkeypatch.setattr(pwd, "getpwuid", nobody)
    with pytest.raises(ConfigError, match=r"home: begins with ~ and no user of this machine: set CLAWDBOT_HOME"):
        load()


def test_only_shipped_files_are_presets() -> None:
    assert places.preset("production") == ROOT / "config/production.yaml"
    assert [places.preset(name) for name in ("", "prod", "../config/production", "production.yaml")] == [None] * 4


def test_a_file_of_the_operator_goes_before_the_preset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CLAWDBOT_CONFIG", "production")
    (tmp_path / "production").mkdir()  # a folder is no file
    assert load().web.https
    (tmp_path / "production").rmdir()
    (tmp_path / "production").write_text("language: zh-hans\n")
    assert (load().web.https, load().language) == (False, "zh-hans")


def test_a_folder_where_it_is_started_replaces_no_package(tmp_path: Path) -> None:
    for name in ("skills", "bots"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise SystemExit('imported from the working directory')")
    (tmp_path / "of_mine.py").write_text("")  # an operator's own skills are found there
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); import clawdbot_site.asgi, skills.models, of_mine"
    command = [sys.executable, "-P", "-c", code]
    ran = subprocess.run(
        command, cwd=tmp_path, env=environment(tmp_path), capture_output=True, text=True, timeout=100, check=False
    )
    assert (ran.returncode, ran.stderr) == (0, "")


@pytest.mark.parametrize("below", ["", "elsewhere"])
def test_the_command_of_celery_finds_the_product_from_a_checkout(below: str, tmp_path: Path) -> None:
    """Celery's own script puts the working directory first only until it has imported the application."""
    folder = ROOT if not below else tmp_path / below
    folder.mkdir(exist_ok=True)
    command = [str(Path(sys.executable).parent / "celery"), "-A", "clawdbot_site", "beat"]
    env = environment(tmp_path) | ({"PYTHONPATH": str(ROOT)} if below else {})
    if below:
        (folder / "skills").mkdir()
        (folder / "skills/__init__.py").write_text("raise SystemExit('imported from the working directory')")
    ran = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=100, check=False)
    # It has come to the database, in which nothing is migrated yet.
    assert "no such table: django_celery_beat" in ran.stderr, ran.stderr[-800:]


def test_windows_gets_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(sys, "argv", ["clawdbot", "serve"])
    with pytest.raises(SystemExit, match="Windows is not supported: use WSL"):
        command_line.main()


@pytest.mark.parametrize("arguments", [["--version"], ["version"], ["serve", "--version"]])
def test_the_version_is_ours_and_not_that_of_django(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setattr(sys, "argv", ["manage.py", *arguments])
    command_line.main()
    from clawdbot import __version__

    assert capsys.readouterr().out == f"clawdbot {__version__}\n"


def test_every_command_has_its_line_in_the_help() -> None:
    text = command_line.describe("clawdbot")
    rooms = [ROOT / room / "management/commands" for room in ("bots", "clawdbot_site", "memory")]
    files = [file for room in rooms for file in room.glob("[a-z]*.py")]
    assert len(files) > 20
    for file in files:
        (line,) = [line for line in text.splitlines() if line.startswith(f"  {file.stem} ")]
        assert len(line.split()) > 2, "give the command a `help`"
