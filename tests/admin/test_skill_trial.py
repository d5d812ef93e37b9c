"""The try-it page, the form of a skill, and skills that were switched off."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import timezone

from bots.models import AuditEntry, BotAccess
from skills import catalogue, secrets
from skills.models import Skill, SkillHealth
from tests.admin.builders import login, make_bot, make_user
from tests.skills.builders import make_skill

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases, pytest.mark.usefixtures("words_only")]

HERE = "tests.skills.service_samples"


def page(bot_id: int, text: str = "", language: str = "") -> str:
    catalogue.clear_cache()
    return f"{reverse('admin:bots_bot_try', args=(bot_id,))}?q={text}&language={language}"


@pytest.mark.parametrize(
    ("language", "told"), [("en", ("called", "another skill comes first")), ("zh-hans", ("会被调用", "另一个技能优先"))]
)
def test_it_shows_which_candidate_wins_and_why(language: str, told: tuple[str, str]) -> None:
    bot = make_bot("ada")
    make_skill(f"{HERE}.Forecast", "weather")
    make_skill("Echo", "weath", "weather in", name="echo")
    shown = login(make_user(), language).get(page(bot.pk, "weather in Paris")).content.decode()
    assert all(words in shown for words in told)
    assert shown.index("weather in</input>" if False else "echo") < shown.index("forecast")


def test_a_skill_that_reads_runs_and_one_with_effects_does_not() -> None:
    bot = make_bot("ada")
    make_skill(f"{HERE}.Forecast", "weather")
    make_skill(f"{HERE}.Notes", "note")
    client = login(make_user())
    assert "Paris 3 celsius" in client.get(page(bot.pk, "weather Paris")).content.decode()
    assert "It did not run here" in client.get(page(bot.pk, "note this")).content.decode()
    assert "the model answers" in client.get(page(bot.pk, "hello")).content.decode()


def test_only_who_may_operate_the_bot_tries_it() -> None:
    bot, other = make_bot("ada"), make_bot("bob")
    user = make_user("staff", superuser=False)
    BotAccess.objects.create(user=user, bot=bot, role=BotAccess.Role.OPERATOR)
    BotAccess.objects.create(user=user, bot=other, role=BotAccess.Role.VIEWER)
    client = login(user)
    assert client.get(page(bot.pk, "hello")).status_code == 200
    assert client.get(page(other.pk, "hello")).status_code == 403
    assert client.get(page(999_999, "hello")).status_code == 404


def form_of(skill: Skill, **values: str) -> dict[str, str]:
    return {
        "name": skill.name, "module": skill.module, "enabled": "on", "all_bots": "on", "triggers": "go", "config": "{}",
        "patterns": "", "examples": "", "threshold": "", "timeout_s": "",
        "bot_skills-TOTAL_FORMS": "0", "bot_skills-INITIAL_FORMS": "0", **values,
    }  # fmt: skip


def test_patterns_and_examples_are_lines_and_a_slow_pattern_is_refused() -> None:
    skill = make_skill("Echo", "go")
    address = reverse("admin:skills_skill_change", args=(skill.pk,))
    client = login(make_user())
    refused = client.post(address, form_of(skill, patterns=r"(a+)+$")).content.decode()
    assert "avoid repetitions inside repetitions" in refused
    lines = "play rain, please\nfall asleep"
    assert client.post(address, form_of(skill, patterns=r"say (?P<text>.+)", examples=lines)).status_code == 302
    skill.refresh_from_db()
    assert (skill.patterns, skill.examples) == ([r"say (?P<text>.+)"], ["play rain, please", "fall asleep"])


def test_a_secret_is_entered_kept_removed_and_never_shown() -> None:
    skill = make_skill(f"{HERE}.TellsSecret", "go")
    address = reverse("admin:skills_skill_change", args=(skill.pk,))
    client = login(make_user())
    assert 'name="secret_api_key"' in client.get(address).content.decode()
    assert client.post(address, form_of(skill, secret_api_key="zz-91-very-secret")).status_code == 302
    skill.refresh_from_db()
    assert secrets.unseal(skill.secrets_encrypted, skill.module, {}) == {"api_key": "zz-91-very-secret"}
    shown = client.get(address).content.decode()
    assert "zz-91" not in shown
    assert "remove_secret_api_key" in shown
    client.post(address, form_of(skill))
    skill.refresh_from_db()
    assert secrets.names(skill.secrets_encrypted, skill.module, {}) == {"api_key"}
    client.post(address, form_of(skill, remove_secret_api_key="on"))
    skill.refresh_from_db()
    assert skill.secrets_encrypted == ""
    assert "zz-91" not in str(list(AuditEntry.objects.values()))


def test_a_skill_that_was_switched_off_is_on_the_dashboard_and_is_switched_on_again() -> None:
    bot, skill = make_bot("ada"), make_skill("Fails", "go")
    row = SkillHealth.objects.create(bot=bot, skill=skill, failures=5, error="boom", stopped_at=timezone.now())
    client = login(make_user())
    assert "Skills switched off" in client.get(reverse("admin:index")).content.decode()
    rows = reverse("admin:skills_skillhealth_changelist")
    assert "boom" in client.get(rows).content.decode()
    client.post(rows, {"action": "switch_on", "_selected_action": [str(row.pk)]})
    assert not SkillHealth.objects.exists()


def test_a_reload_tells_why_a_class_cannot_be_loaded() -> None:
    skill = make_skill("tests.no_such_module.Nothing", "go")
    shown = login(make_user()).post(
        reverse("admin:skills_skill_changelist"),
        {"action": "reload_selected", "_selected_action": [str(skill.pk)]},
        follow=True,
    )
    assert "ModuleNotFoundError" in shown.content.decode()


@pytest.mark.parametrize(("language", "told"), [("en", "makes two requests"), ("zh-hans", "有两个请求")])
def test_it_says_that_two_requests_are_for_a_model_with_tools(language: str, told: str) -> None:
    bot = make_bot("ada")
    make_skill(f"{HERE}.Forecast", "weather")
    make_skill(f"{HERE}.Notes", "note")
    client = login(make_user(), language)
    assert told in client.get(page(bot.pk, "weather Paris, then note this")).content.decode()
    assert told not in client.get(page(bot.pk, "weather Paris")).content.decode()
