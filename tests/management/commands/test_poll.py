"""`manage.py poll` removes the webhook, stores events and cleans up at its end."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable

import pytest
from django.core.management import CommandError, call_command

from bots.models import Channel, InboundEvent, Worker
from bots.runtime import poll_threads
from tests.builders import make_channel
from tests.peers import BotApi
from tests.waiting import eventually

pytestmark = pytest.mark.databases

UPDATE = {
    "update_id": 7,
    "message": {
        "message_id": 1,
        "date": 1_800_000_000,
        "chat": {"id": 5, "type": "private"},
        "from": {"id": 5, "is_bot": False, "first_name": "Ann"},
        "text": "hello",
    },
}


class StopWhen(threading.Event):
    """An event that counts as set while the condition holds."""

    def __init__(self, condition: Callable[[], object]) -> None:
        super().__init__()
        self._condition = condition

    def wait(self, timeout: float | None = None) -> bool:
        if timeout is None:
            eventually(self._condition)
            self.set()
        return super().wait(timeout)


@pytest.fixture
def api() -> BotApi:
    return BotApi(updates=[UPDATE])


def poll(*arguments: str) -> str:
    out = io.StringIO()
    call_command("poll", *arguments, stdout=out)
    return out.getvalue()


@pytest.mark.django_db(transaction=True)
def test_one_poll_takes_the_webhook_back_and_stores_what_came(channel: Channel, api: BotApi) -> None:
    assert poll("--once", "--delete-webhook", channel.public_id) == f"{channel}: 1 new\n"
    assert api.calls["deleteWebhook"] == 1
    assert poll("--once") == f"{channel}: 0 new\n"
    assert api.calls["deleteWebhook"] == 1
    assert InboundEvent.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_nothing_to_poll_is_said() -> None:
    make_channel()
    with pytest.raises(CommandError, match="no enabled channel that can be polled"):
        poll("--once")


@pytest.mark.django_db(transaction=True)
def test_threads_poll_until_they_are_stopped(channel: Channel) -> None:
    poll_threads.run([channel], StopWhen(lambda: InboundEvent.objects.exists() and Worker.objects.filter(role="poll")))
    assert not Worker.objects.exists()
