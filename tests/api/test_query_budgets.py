"""Query budget of each list, for any number of rows and for a user with a grant, the most expensive case."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bots.models import ModelProvider
from tests.api.builders import (
    caller_with,
    make_bot,
    make_channel,
    make_conversation,
    make_inbound,
    make_message,
    make_outbound,
    remember,
    superuser,
)

pytestmark = pytest.mark.django_db
# User of the token, and the page (grants are a subquery); people prefetch their identities.
BUDGETS = {
    "bots": 2,
    "channels": 2,
    "conversations": 2,
    "messages": 2,
    "people": 3,
    "memories": 2,
    "inbound": 2,
    "outbound": 2,
}


def _populate(bot: Any, number: int) -> None:
    for _ in range(number):
        channel = make_channel(bot)
        conversation = make_conversation(channel)
        make_message(conversation)
        make_inbound(channel)
        make_outbound(conversation)
        remember(conversation.person, "I like tea")


@pytest.mark.parametrize("name", BUDGETS)
def test_a_list_costs_the_same_for_many_rows(name: str) -> None:
    bot = make_bot()
    client = caller_with("viewer", bot)
    for rows in (1, 8):
        _populate(bot, rows)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert client.get(f"/api/v1/{name}/").status_code == 200
        assert len(queries) <= BUDGETS[name], [query["sql"] for query in queries]


def test_providers_cost_two_queries() -> None:
    for number in range(5):
        ModelProvider.objects.create(name=f"p{number}", endpoint="http://127.0.0.1:9/v1", model="m")
    client = superuser()
    with CaptureQueriesContext(connection) as queries:
        assert client.get("/api/v1/providers/").status_code == 200
    assert len(queries) <= 2
