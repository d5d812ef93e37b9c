"""The preview is exact for small tables and near the truth for large ones."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bots.maintenance.retention import estimate, running
from bots.maintenance.retention.kinds import by_key
from bots.models import InboundEvent
from tests.maintenance.retention.builders import NOW, ago, make_chat, make_inbound

pytestmark = [pytest.mark.django_db, pytest.mark.databases]


def preview(days: int = 90) -> estimate.Preview:
    kind = by_key("inbox")
    assert kind is not None
    return estimate.preview(kind, days, NOW)


def fill(chat: Any, count: int, days: float, state: str = "done") -> None:
    start = InboundEvent.objects.count()
    InboundEvent.objects.bulk_create(
        InboundEvent(
            channel=chat.channel, dedupe_key=f"f{start + n}", queue_key=f"f{start + n}", kind="message", state=state,
            received_at=ago(days), finished_at=ago(days),
        )
        for n in range(count)
    )  # fmt: skip


def test_a_small_table_is_counted() -> None:
    chat = make_chat()
    for days, state in ((100, "done"), (100, "dead"), (95, "ignored"), (3, "done")):
        make_inbound(chat, days, state)
    assert preview() == estimate.Preview(90, 2, True, ago(100))
    assert running.run(only=["inbox"]) == {"inbox": 2}


def test_nothing_old_is_no_estimate() -> None:
    fill(make_chat(), 300, 1)
    assert preview() == estimate.Preview(90, 0, True, ago(1))


def test_an_empty_table_and_a_kind_that_is_kept_for_ever() -> None:
    assert preview() == estimate.Preview(90)
    make_inbound(make_chat(), 500)
    assert preview(0) == estimate.Preview(0, 0, True, ago(500))


@pytest.mark.parametrize(("old", "young"), [(4000, 1000), (700, 4300), (5000, 1)])
def test_a_large_table_is_estimated(old: int, young: int) -> None:
    chat = make_chat()
    fill(chat, old, 100)
    fill(chat, young, 1)
    found = preview()
    assert not found.exact
    assert found.rows == pytest.approx(old, rel=0.1)


def test_few_old_rows_among_many_are_found() -> None:
    chat = make_chat()
    fill(chat, 3, 100)
    fill(chat, 6000, 1)
    assert preview().rows == 3


def test_rows_that_may_not_go_are_left_out_of_the_estimate() -> None:
    chat = make_chat()
    for _round in range(40):
        fill(chat, 25, 100)
        fill(chat, 75, 100, "dead")
    assert preview().rows == pytest.approx(1000, rel=0.2)


def test_the_cost_does_not_grow_with_the_table() -> None:
    chat = make_chat()
    fill(chat, 200, 100)
    with CaptureQueriesContext(connection) as few:
        preview()
    fill(chat, 5000, 99)
    with CaptureQueriesContext(connection) as many:
        preview()
    assert len(few) == len(many) == 3
