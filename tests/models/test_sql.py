"""Rows written and read by the compiled statements are what the ORM writes and reads."""

from __future__ import annotations

import datetime
from decimal import Decimal

import pytest
from django.utils import timezone

from bots.models import Conversation, InboundEvent, Message, TurnUsage, sql
from tests.builders import make_channel, make_conversation

pytestmark = pytest.mark.django_db


def test_an_inserted_row_is_read_back_by_the_orm_unchanged() -> None:
    row = InboundEvent(
        channel=make_channel(),
        dedupe_key="钥匙-1",
        queue_key="q",
        kind="message",
        payload={"text": "你好", "list": [1, None, True]},
        due_at=timezone.now() + datetime.timedelta(seconds=3),
    )
    sql.insert(row)
    found = InboundEvent.objects.get(pk=row.pk)
    for field in InboundEvent._meta.concrete_fields:
        assert getattr(found, field.attname) == getattr(row, field.attname), field.name


def test_defaults_and_decimals_go_through_their_fields() -> None:
    conversation = make_conversation(make_channel())
    usage = TurnUsage(
        bot=conversation.bot,
        person=conversation.person,
        conversation=conversation,
        provider="stub",
        cost=Decimal("0.001234"),
    )
    sql.insert(usage)
    assert TurnUsage.objects.get(pk=usage.pk).cost == Decimal("0.001234")


def test_a_row_is_read_as_the_orm_reads_it() -> None:
    conversation = make_conversation(make_channel(), state_data={"form": "skill", "slots": ["城市"]})
    found = sql.get(Conversation, "id=%s", [conversation.pk])
    expected = Conversation.objects.get(pk=conversation.pk)
    assert found is not None
    for field in Conversation._meta.concrete_fields:
        assert getattr(found, field.attname) == getattr(expected, field.attname), field.name
    assert not found._state.adding


def test_nothing_found_is_none() -> None:
    assert sql.get(Message, "id=%s", [0]) is None
