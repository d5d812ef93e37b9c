"""Whatever a skill does, the person gets one kind answer, the operator a row, and the turn closes."""

from __future__ import annotations

import time

import pytest

from bots.models import Channel, InboundEvent, OutboundMessage
from clawdbot.skills.answers import LONGEST
from skills import catalogue, secrets
from skills.models import SkillRun
from tests.builders import answers, make_bot, say
from tests.skills.builders import call, make_skill

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases, pytest.mark.usefixtures("api")]

HERE = "tests.skills.service_samples"


@pytest.mark.parametrize("kind", ["dict", "bytes", "object", "class", "none", "true", "many", "nested", "set"])
def test_a_rubbish_answer_is_an_apology_and_a_row(kind: str) -> None:
    make_skill(f"{HERE}.Rubbish", "go", config={"kind": kind})
    result = call("go")
    assert (result.ok, result.text.startswith("Sorry, “")) == (False, True)
    assert result.record is not None
    assert result.record.error in ("TypeError", "ValueError")


def test_a_number_is_told_as_its_digits() -> None:
    make_skill(f"{HERE}.Rubbish", "go", config={"kind": "int"})
    assert call("go").text == "42"


def test_half_a_character_is_mended() -> None:
    make_skill(f"{HERE}.Rubbish", "go", config={"kind": "surrogate"})
    assert call("go").text.endswith(" ok")


def test_a_megabyte_is_cut(channel: Channel) -> None:
    make_skill(f"{HERE}.Megabyte", "go")
    catalogue.clear_cache()
    say(channel, "go")
    (shown,) = answers()
    assert len(shown) < LONGEST + 10
    assert shown.endswith("…")
    assert OutboundMessage.objects.count() < 8


def test_a_secret_in_an_answer_is_masked_and_a_password_that_is_none_of_ours_stays() -> None:
    skill = make_skill(f"{HERE}.Leaks", "go")
    skill.secrets_encrypted = secrets.seal({"api_key": "zz-91-the-real-key"}, skill.module, {})
    skill.save()
    assert call("go").text == "the key is [redacted]"
    make_skill("Echo", "say")
    assert call("say password: hunter22").text == "[password: hunter22]"


@pytest.mark.parametrize("name", ["Forks", "Spins"])
def test_a_skill_that_forks_or_spins_holds_the_turn_no_longer_than_its_limit(channel: Channel, name: str) -> None:
    make_skill(f"{HERE}.{name}", "go")
    catalogue.clear_cache()
    started = time.monotonic()
    row = say(channel, "go")
    assert time.monotonic() - started < 3
    assert row.state == InboundEvent.State.DONE
    assert "took too long" in answers()[0]
    assert SkillRun.objects.get().error == "TooSlow"


def test_endless_recursion_is_an_error_like_any_other() -> None:
    make_skill(f"{HERE}.Recurses", "go")
    result = call("go")
    assert result.record is not None
    assert result.record.error == "RecursionError"


def test_buttons_reach_the_platform_and_a_typed_number_presses_one(channel: Channel) -> None:
    make_skill(f"{HERE}.Menu", "menu")
    catalogue.clear_cache()
    say(channel, "menu")
    sent = OutboundMessage.objects.get()
    assert sent.payload["data"]["buttons"] == [
        [
            {"text": "menu soup", "data": f"~{sent.message_id}.1", "says": "menu soup"},
            {"text": "menu rice", "data": f"~{sent.message_id}.2", "says": "menu rice"},
        ]
    ]
    say(channel, "2")
    say(channel, "2")
    assert answers()[:2] == ["What would you like?", "picked rice"]
    assert answers()[2] != "picked rice", "the last answer has no buttons"


def test_a_skill_of_another_bot_is_not_called_by_its_command() -> None:
    make_skill(f"{HERE}.Menu", "menu", all_bots=False)
    catalogue.clear_cache()
    from skills import runner

    assert runner.match(make_bot().pk, "/menu") is None
