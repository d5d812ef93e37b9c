"""Each test starts as a process that has not registered yet, because its rows are rolled back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.peers import BotApi, StubModel

if TYPE_CHECKING:
    from bots.models import Channel


@pytest.fixture(autouse=True)
def fresh_worker() -> Iterator[None]:
    # this file may be read before Django is set up
    from bots.llm import client
    from bots.pipeline.outbox import journal
    from bots.pipeline.queue import workers
    from clawdbot import http

    workers._current = None
    yield
    http.close()
    client.forget()
    workers._current = None
    journal._journals.clear()


@pytest.fixture
def api() -> BotApi:
    return BotApi()


@pytest.fixture
def model() -> Iterator[StubModel]:
    """A model endpoint that is configured as the only provider."""
    from bots.llm import candidates
    from bots.models import ModelProvider

    stub = StubModel()
    with stub.server() as server:
        ModelProvider.objects.create(name="stub", endpoint=f"{server.url}/v1", model="stub")
        candidates.forget()
        yield stub
    candidates.forget()


@pytest.fixture
def channel(api: BotApi) -> Iterator[Channel]:
    """A Telegram channel whose Bot API is `api`."""
    from tests.pipeline.builders import make_bot, make_channel

    token = "1:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw0"
    with api.server() as server:
        account = {"token": token, "secret_token": "s", "base_url": server.url}
        yield make_channel(make_bot(name="Robin"), platform="telegram", credentials=account)
