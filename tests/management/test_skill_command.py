"""`manage.py skill`: new, list, try, enable and disable."""

from __future__ import annotations

import json
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from bots.models import AuditEntry
from skills import catalogue
from skills.models import BotSkill, Skill, SkillHealth
from tests.builders import make_bot
from tests.skills.builders import make_skill

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]

HERE = "tests.skills.service_samples"


def run(*arguments: str) -> str:
    catalogue.clear_cache()
    out = StringIO()
    call_command("skill", *arguments, stdout=out)
    return out.getvalue()


def test_a_new_skill_works_and_its_test_passes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_bot()
    monkeypatch.syspath_prepend(tmp_path)
    shown = run("new", "echo_twice", "--folder", str(tmp_path))
    assert "echo_twice.skill.EchoTwice is a skill of all bots" in shown
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(tmp_path), "echo_twice"]
    tested = subprocess.run(
        command,
        cwd=tmp_path,
        env={"PYTHONPATH": f"{tmp_path}:{Path.cwd()}", "PATH": ""},
        capture_output=True,
        check=False,
    )
    assert tested.returncode == 0, tested.stdout.decode()
    assert "All right: hello" in run("try", "echo_twice", "echo twice hello")
    assert "好的：你好" in run("try", "echo_twice", "echo twice 你好")
    with pytest.raises(CommandError, match="exists already"):
        run("new", "echo_twice", "--folder", str(tmp_path))
    for name in ("json", "Echo", "class", "../x", "memory", "yaml"):
        with pytest.raises(CommandError):
            run("new", name, "--folder", str(tmp_path))


def test_a_new_skill_that_python_does_not_find_gets_no_row_and_a_line(tmp_path: Path) -> None:
    shown = run("new", "echo_far", "--folder", str(tmp_path))
    assert f"PYTHONPATH={tmp_path}" in shown
    assert "Register echo_far.skill.EchoFar" in shown
    assert not Skill.objects.exists()


def test_a_list_tells_which_class_cannot_be_loaded() -> None:
    make_skill("nowhere.at_all.Skill", "say")
    assert "No module named 'nowhere'" in json.loads(run("list", "--json"))[0]["state"]


def test_a_try_says_why_the_bot_has_not_got_the_skill() -> None:
    bot = make_bot(slug="mine")
    skill = make_skill("Echo", "say")
    run("disable", "echo", "--bot", "mine")
    with pytest.raises(CommandError, match=f"it is off for this bot: manage.py skill enable {skill.pk} --bot mine"):
        run("try", "echo", "say it", "--bot", "mine")
    run("enable", "echo", "--bot", "mine")
    SkillHealth.objects.create(bot=bot, skill=skill, failures=5, error="boom", stopped_at="2026-01-01T00:00:00Z")
    with pytest.raises(CommandError, match="it failed too often and was switched off"):
        run("try", "echo", "say it", "--bot", "mine")
    run("disable", "echo")
    with pytest.raises(CommandError, match=f"skill enable {skill.pk}"):
        run("try", "echo", "say it", "--bot", "mine")
    make_skill("nowhere.at_all.Skill", "far", name="far")
    with pytest.raises(CommandError, match=r"far is not called: nowhere\.at_all\.Skill: ModuleNotFoundError"):
        run("try", "far", "say it", "--bot", "mine")


def test_a_try_shows_candidates_parameters_answer_and_time() -> None:
    make_bot()
    make_skill(f"{HERE}.Forecast", "weather")
    make_skill("Echo", "the weather", name="echo")
    shown = json.loads(run("try", "-", "the weather for 5 days in Paris", "--json"))
    assert shown["candidates"][0]["skill"] == "echo"
    shown = json.loads(run("try", "forecast", "weather Paris 5 days", "--language", "zh", "--json"))
    assert (shown["skill"], shown["parameters"]["city"], shown["parameters"]["days"]) == ("forecast", "Paris", 5)
    assert (shown["ran"], shown["answer"].startswith("Paris 5"), shown["language"]) == (True, True, "zh-hans")
    assert "asks: Which city?" in run("try", "forecast", "weather")
    with pytest.raises(CommandError, match="forecast is not called: later"):
        run("try", "forecast", "the weather in Paris")
    with pytest.raises(CommandError, match="there is no skill nothing"):
        run("try", "nothing", "x")


def test_a_try_has_no_effects_unless_it_is_told_to() -> None:
    make_bot()
    make_skill(f"{HERE}.Booking", "book")
    assert "Book a table for 2 at evening.\nShall I do that?" in run("try", "booking", "book 2")
    make_skill(f"{HERE}.Outside", "post")
    assert "not run, because it has effects (outside)" in run("try", "outside", "post it")
    assert "posted" in run("try", "outside", "post it", "--effects")


def test_a_skill_is_switched_for_all_bots_or_for_one() -> None:
    bot = make_bot(slug="mine")
    skill = make_skill("Echo", "say")
    SkillHealth.objects.create(bot=bot, skill=skill, failures=5, error="boom", stopped_at="2026-01-01T00:00:00Z")
    assert "switched off: boom" in run("list", "--bot", "mine")
    assert "echo is on for mine" in run("enable", "echo", "--bot", "mine")
    assert not SkillHealth.objects.exists()
    run("disable", "echo", "--bot", "mine")
    assert not BotSkill.objects.get(bot=bot).enabled
    assert json.loads(run("list", "--bot", "mine", "--json"))[0]["enabled"] is False
    run("disable", "echo")
    assert not Skill.objects.get().enabled
    assert AuditEntry.objects.filter(subject__contains="echo").count() == 3
