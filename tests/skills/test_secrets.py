"""Secrets of skills: encrypted, bound to class and server, in no log and no answer."""

from __future__ import annotations

import pytest

from clawdbot.redaction import MASK, redact
from skills import catalogue, secrets
from skills.models import Skill
from tests.builders import make_bot
from tests.skills.builders import call, give, make_skill

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]

KEY = "k-51f0a9-not-for-logs"
HERE = "tests.skills.service_samples"


def stored(values: dict[str, str], **more: object) -> Skill:
    skill = make_skill(f"{HERE}.TellsSecret", "go", **more)
    skill.secrets_encrypted = secrets.seal(values, skill.module, skill.config)
    skill.save()
    return skill


def test_a_skill_reads_its_secret_and_its_answer_does_not_show_it() -> None:
    stored({"api_key": KEY})
    assert KEY not in Skill.objects.get().secrets_encrypted
    result = call("go")
    assert result.ok
    assert result.text == f"{len(KEY)} {MASK}"
    assert redact(f"GET /?k={KEY}") == f"GET /?k={MASK}"


def test_the_secret_of_a_bot_goes_before_that_of_the_skill() -> None:
    skill, bot = stored({"api_key": KEY, "other": "kept-as-it-is"}), make_bot()
    override = give(bot, skill)
    override.secrets_encrypted = secrets.seal({"api_key": "own-secret-of-the-bot"}, skill.module, {})
    override.save()
    catalogue.clear_cache()
    (entry,) = catalogue.entries(bot.pk)
    assert entry.secrets == {"api_key": "own-secret-of-the-bot", "other": "kept-as-it-is"}
    assert "own-secret" not in repr(entry)


@pytest.mark.parametrize("change", [{"module": f"{HERE}.Counter"}, {"config": {"base_url": "https://other.example"}}])
def test_a_secret_does_not_follow_to_another_class_or_server(change: dict[str, object]) -> None:
    skill = stored({"api_key": KEY}, config={"base_url": "https://one.example"})
    Skill.objects.filter(pk=skill.pk).update(**change)
    catalogue.clear_cache()
    (entry,) = catalogue.entries(make_bot().pk)
    assert entry.secrets == {}


def test_a_secret_of_a_lost_key_is_none() -> None:
    skill = make_skill("Echo", "go", secrets_encrypted="rubbish")
    assert secrets.unseal(skill.secrets_encrypted, skill.module, {}) == {}
    assert call("go").ok
