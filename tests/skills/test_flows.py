"""The flows of each bot, and the two examples."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bots.models import Bot
from clawdbot.flows import from_dict
from skills import flows
from skills.flow_templates import TEMPLATES
from skills.flow_trial import Trial, play
from skills.models import FlowDefinition
from skills.models.flow import new_secret
from tests.builders import make_bot

pytestmark = [pytest.mark.django_db, pytest.mark.databases]

STEPS = {"steps": [{"kind": "say", "text": {"en": "Hello.", "zh": "你好。"}}]}


def make_flow(name: str, *bots: Bot, **values: Any) -> FlowDefinition:
    row = FlowDefinition(**{"name": name, "triggers": [name], "definition": STEPS} | values)
    row.secret = new_secret()
    row.save()
    row.bots.set(bots)
    flows.clear_cache()
    return row


def names(bot: Bot) -> list[str]:
    return [entry.definition.name for entry in flows.of_bot(bot.pk)]


def test_a_bot_has_its_own_flows_and_those_of_all_bots() -> None:
    one, two = make_bot(), make_bot()
    row = make_flow("own", one, version=4)
    make_flow("of-all", all_bots=True)
    make_flow("off", one, enabled=False)
    make_flow("of-two", two)
    assert (names(one), names(two)) == (["own", "of-all"], ["of-two", "of-all"])
    entry = flows.of_bot(one.pk)[0]
    assert (entry.flow_id, entry.triggers, entry.definition.version) == (row.pk, ("own",), 4)
    assert (entry.secret, entry.public_only) == (row.secret, True)
    assert entry.secret not in repr(entry)


def test_a_wrong_row_does_not_stop_the_others() -> None:
    bot = make_bot()
    make_flow("bad", bot, definition={"steps": [{"kind": "unheard"}]})
    make_flow("worse", bot, definition=[1])
    make_flow("sealed", bot, secret_encrypted="gAAAAA-not-ours")
    FlowDefinition.objects.filter(name="sealed").update(secret_encrypted="gAAAAA-not-ours")
    make_flow("good", bot)
    assert names(bot) == ["good"]


def test_a_turn_reads_no_row_when_the_flows_were_just_read() -> None:
    bot = make_bot()
    make_flow("own", bot)
    flows.of_bot(bot.pk)
    with CaptureQueriesContext(connection) as queries:
        assert flows.of_bot(bot.pk)
        assert flows.of_bot(bot.pk + 1) == ()
    assert len(queries) == 0


def test_the_secret_is_stored_encrypted() -> None:
    row = make_flow("own")
    assert len(row.secret) == 64
    assert row.secret not in row.secret_encrypted
    assert FlowDefinition().secret == ""


def tried(name: str, language: str, *answers: str) -> Trial:
    triggers, definition = TEMPLATES[name]
    flow = from_dict({**definition, "name": name, "triggers": list(triggers)})
    return play(flow, answers, now=datetime(2026, 11, 30, 10, tzinfo=UTC), language=language)


def test_the_ticket_asks_for_a_number_only_for_an_order() -> None:
    trial = tried("ticket", "en", "an order", "AB-1234", "It arrived broken.", "yes", "ann@example.org", "yes")
    assert trial.over
    assert trial.slots == {
        "topic": "order",
        "order": "AB-1234",
        "problem": "It arrived broken.",
        "urgent": True,
        "email": "ann@example.org",
    }
    assert trial.lines[-1].text == "Thank you. We take care of it and write to ann@example.org."
    assert "order" not in tried("ticket", "zh-hans", "其他", "打不开网页了").slots


def test_an_answer_that_does_not_fit_is_asked_again_and_a_no_ends_it() -> None:
    trial = tried("ticket", "en", "order", "x")
    assert [line.who for line in trial.lines] == ["bot", "person", "bot", "person", "note", "bot"]
    said_no = tried("ticket", "en", "other", "It is broken.", "no", "ann@example.org", "no")
    assert (said_no.over, said_no.lines[-1].text) == (True, "The person said no; nothing happens.")
    assert tried("ticket", "zh-hans", "取消").over


def test_both_examples_are_complete_in_both_languages() -> None:
    for name, (triggers, definition) in TEMPLATES.items():
        flow = from_dict({**definition, "name": name, "triggers": list(triggers)})
        assert any(word.isascii() for word in triggers)
        assert any(not word.isascii() for word in triggers)
        for step in flow.collects():
            assert set(step.question) == set(step.label) == {"en", "zh"}
