"""At a limit a turn is answered at once: by a cheaper model, by the built-in answers, or with a kind sentence."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bots.limits import rules
from bots.models import Bot, Channel, Conversation, InboundEvent, Message, OwnerKind, Person, TurnUsage
from bots.people import audit_log, erasure, export
from bots.pipeline import inbox
from bots.pipeline.dispatch.dispatcher import MessageDispatcher
from tests.builders import answers, make_channel, make_event, say, state_of
from tests.http_server import Server
from tests.limits.builders import balance, make_limit
from tests.llm.builders import chat, make_provider

pytestmark = pytest.mark.django_db


@pytest.fixture
def channel(endpoint: Server) -> Iterator[Channel]:
    make_provider(endpoint, input_price=Decimal(2), output_price=Decimal(8))
    return make_channel()


def test_at_the_limit_the_built_in_answers_and_says_so_once(channel: Channel, endpoint: Server) -> None:
    endpoint.answer(chat("Hello Tom."))
    limit = make_limit(channel.bot, OwnerKind.PERSON, money_per_month=Decimal("0.01"))
    say(channel, "My sister lives in Porto.")
    assert answers() == ["Hello Tom."]
    first = say(channel, "Where does my sister live?")
    second = say(channel, "你知道我姐姐在哪里吗？")
    assert len(endpoint.requests) == 1
    assert (first.state, second.state) == ("done", "done")
    told, silent = answers()[1:]
    assert told.startswith("I have talked so much lately")
    assert "Porto" in told
    assert "talked so much" not in silent
    assert "我最近" not in silent
    assert not any(word in told + silent for word in ("limit", "budget", "provider", "Admin", "限额", "管理"))
    Message.objects.filter(role="assistant").update(occurred_at=timezone.now() - timedelta(minutes=61))
    say(channel, "你知道我姐姐在哪里吗？")
    assert answers()[-1].startswith("我最近")
    limit.delete()
    rules.held.clear()
    endpoint.answer(chat("In Porto."))
    say(channel, "Where does my sister live?")
    assert answers()[-1] == "In Porto."


def test_the_team_reads_nothing_about_connecting_a_model_at_a_limit(channel: Channel) -> None:
    make_limit(channel.bot, tokens_per_day=1)
    say(channel, "Where does my sister live?")
    assert "manage.py" not in answers()[0]


def test_messages_over_the_limit_are_kept_and_told_about_once(channel: Channel, endpoint: Server) -> None:
    endpoint.answer(*(chat(f"answer {number}") for number in range(2)))
    make_limit(channel.bot, OwnerKind.PERSON, messages_per_minute=2)
    rows = [say(channel, f"message {number}") for number in range(5)]
    assert [row.state for row in rows] == ["done"] * 5
    assert Message.objects.filter(role="user").count() == 5
    assert answers()[:2] == ["answer 0", "answer 1"]
    assert len(answers()) == 3
    assert answers()[2].startswith("You write faster than I can answer")
    endpoint.answer(chat("hello other"))
    say(channel, "I am somebody else", chat="chat-2")
    assert answers()[-1] == "hello other"


def test_commands_and_talks_with_a_human_are_always_taken(channel: Channel, endpoint: Server) -> None:
    make_limit(channel.bot, messages_per_minute=0)
    say(channel, "/help", command="help")
    assert "faster" not in answers()[-1]
    assert "So many" not in answers()[-1]
    say(channel, "hello")
    assert answers()[-1].startswith("So many people write to me")
    Conversation.objects.update(state=Conversation.State.HUMAN)
    said = len(answers())
    say(channel, "a word to the team")
    assert len(answers()) == said
    assert Message.objects.filter(text="a word to the team").exists()


def test_a_turn_that_is_tried_again_counts_once(channel: Channel, endpoint: Server) -> None:
    make_limit(channel.bot, messages_per_minute=1)
    endpoint.answer(chat("yes"))
    row = say(channel, "hello")
    InboundEvent.objects.filter(pk=row.pk).update(state="pending", owner="", claimed_at=None)
    Message.objects.all().delete()
    endpoint.answer(chat("yes again"))
    MessageDispatcher().process(row.pk)
    assert state_of(row) == "done"
    assert answers() == ["yes again"]
    assert balance(unit="messages").spent == 1


def test_a_group_has_a_limit_of_its_own(channel: Channel, endpoint: Server) -> None:
    endpoint.answer(chat("one"), chat("two"), chat("three"))
    make_limit(channel.bot, OwnerKind.CHAT, messages_per_minute=1)
    in_group: dict[str, Any] = {"chat": "g", "chat_type": "group", "mentions_bot": True}
    (first, second) = (say(channel, "hi", user=user, **in_group) for user in ("ann", "bob"))
    assert answers()[0] == "one"
    assert answers()[1].startswith("You write faster")
    say(channel, "hi", user="ann", chat="ann")
    assert answers()[-1] == "two"
    assert (first.state, second.state) == ("done", "done")


def test_turns_with_tools_are_told_from_others(channel: Channel) -> None:
    assert dict(TurnUsage.Purpose.choices).keys() >= {"turn", "tools", "memory", "summary", "broken"}


def test_without_a_limit_a_turn_runs_the_statements_it_always_did(channel: Channel, endpoint: Server) -> None:
    endpoint.answer(*(chat("yes") for _number in range(3)))
    say(channel, "hello")
    (row_id,) = inbox.accept(channel, [make_event("hello again")]).accepted
    with CaptureQueriesContext(connection) as captured:
        MessageDispatcher().process(row_id)
    tables = ("bots_limit", "bots_balance", "bots_reservation", "bots_usageday", "bots_personday")
    assert not [query["sql"] for query in captured if any(table in query["sql"] for table in tables)]


def test_what_a_person_has_used_is_exported_and_erased_with_them(channel: Channel, endpoint: Server) -> None:
    from bots.limits import sums
    from bots.models import Balance, Limit, PersonDay, UsageDay

    endpoint.answer(chat("yes"))
    make_limit(channel.bot, OwnerKind.PERSON, tokens_per_day=10_000)
    say(channel, "hello")
    person = Person.objects.get()
    make_limit(channel.bot, OwnerKind.PERSON, person=person, tokens_per_day=20_000)
    sums.add_new()
    document = export.document(person, audit_log.HIMSELF)
    assert '"usage_days": [\n{"day": ' in document
    assert '"cost": "0.006"' in document
    assert '"tokens_per_day": 20000' in document
    erased = erasure.erase(person, audit_log.HIMSELF)
    assert (erased.counts["usage_days"], erased.counts["balances"], erased.counts["limits"]) == (1, 1, 1)
    assert not PersonDay.objects.exists()
    assert not Balance.objects.filter(kind="person").exists()
    assert Limit.objects.get().person_id is None
    assert UsageDay.objects.get().prompt_tokens == 1000  # the bot has paid for it all the same


def test_a_deleted_bot_leaves_its_sums(channel: Channel) -> None:
    from bots.limits import sums
    from bots.models import UsageDay
    from tests.limits.builders import make_owners, make_usage

    make_usage(make_owners(channel.bot))
    sums.add_new()
    make_limit(channel.bot, tokens_per_day=5)
    Bot.objects.all().delete()
    rules.held.clear()
    assert UsageDay.objects.get().calls == 1
    assert not rules.any_exist()
