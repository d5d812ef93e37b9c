"""The number of queries of a list does not depend on its length."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from tests.admin.builders import MODELS, address, login, make_conversation, make_turn, make_user, make_world

# session, user, last id, count, rows; the rest are drop-downs of filters, and one query for each related table
BUDGET = 12
SINGLE = {"memory.EmbedderChoice", "bots.AlarmRule"}
MORE = {"bots.InboundEvent": 14, "bots.OutboundMessage": 14}


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Makes 35 rows of nearly every model once: this takes longer than all pages."""
    with django_db_blocker.unblock(), transaction.atomic():
        make_world(35)
        yield
        transaction.set_rollback(True)


@pytest.mark.django_db
@pytest.mark.usefixtures("world")
@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_a_list_of_35_rows_keeps_its_budget(model: Any, django_assert_max_num_queries: Any) -> None:
    client = login(make_user())
    least = 1 if model._meta.label in SINGLE else 35
    assert model._default_manager.count() >= least
    with django_assert_max_num_queries(MORE.get(model._meta.label, BUDGET)):
        response = client.get(address(model, "changelist"))
    assert response.status_code == 200
    assert response.context["cl"].result_count >= least


@pytest.mark.django_db
@pytest.mark.usefixtures("world")
def test_the_dashboard_keeps_its_budget(django_assert_max_num_queries: Any) -> None:
    client = login(make_user())
    with django_assert_max_num_queries(40):  # six of them for the past days, which are read once an hour
        assert client.get("/admin/").status_code == 200


@pytest.mark.django_db
def test_a_transcript_costs_the_same_for_one_turn_and_for_fifty() -> None:
    from tests.admin.builders import make_bot, make_channel

    conversation = make_conversation(make_channel(make_bot("transcript")))
    client = login(make_user())
    page = address(type(conversation), "change", conversation.pk)
    make_turn(conversation)
    client.get(page)  # the first page caches content types
    with CaptureQueriesContext(connection) as short:
        client.get(page)
    for _ in range(49):
        make_turn(conversation)
    with CaptureQueriesContext(connection) as long:
        client.get(page)
    assert len(long) == len(short) <= 14


def test_every_list_is_paged_and_counts_once() -> None:
    for model in MODELS:
        owner = admin.site._registry[model]
        assert owner.list_per_page <= 100, model
        assert owner.show_full_result_count is False, model
