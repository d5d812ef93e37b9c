"""`/api/webhook` without an id finds the platform by the request and the channel by its secret, or refuses."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from bots.models import Channel, InboundEvent
from tests.api.builders import TELEGRAM_SECRET, deliver, event_body, make_channel, signature, update

pytestmark = pytest.mark.django_db
COMMON = "/api/webhook"


def _telegram(secret: str, body: bytes) -> Any:
    return Client().post(
        COMMON, body, content_type="application/json", headers={"X-Telegram-Bot-Api-Secret-Token": secret}
    )


def test_the_channel_is_found_by_its_secret_among_others() -> None:
    make_channel(account={"secret": "first-secret-1"})
    wanted = make_channel(account={"secret": "second-secret-2"})
    make_channel(platform="telegram")
    body = event_body()
    assert deliver(COMMON, body, sign=signature(body, "second-secret-2")).status_code == 202
    assert InboundEvent.objects.get().channel_id == wanted.pk


def test_two_platforms_live_at_one_address() -> None:
    telegram, webhook = make_channel(platform="telegram"), make_channel()
    assert _telegram(TELEGRAM_SECRET, update()).status_code == 200
    assert deliver(COMMON, event_body()).status_code == 202
    assert set(InboundEvent.objects.values_list("channel", flat=True)) == {telegram.pk, webhook.pk}


@pytest.mark.parametrize("sign", ["", "00" * 32])
def test_nobodys_signature_is_401(sign: str) -> None:
    make_channel()
    assert deliver(COMMON, event_body(), sign=sign).status_code == 401
    assert not InboundEvent.objects.exists()


def test_a_request_without_any_mark_is_401() -> None:
    make_channel()
    assert Client().post(COMMON, event_body(), content_type="application/json").status_code == 401
    assert Client().get(COMMON).status_code == 401


def test_a_secret_of_two_channels_is_closed() -> None:
    make_channel(platform="telegram")
    make_channel(platform="telegram")
    assert _telegram(TELEGRAM_SECRET, update()).status_code == 404
    assert not InboundEvent.objects.exists()


def test_a_channel_that_is_off_is_not_tried() -> None:
    make_channel(enabled=False)
    assert deliver(COMMON, event_body()).status_code == 401


def test_a_genuine_but_unreadable_body_is_400() -> None:
    make_channel()
    assert deliver(COMMON, b"nonsense").status_code == 400


def test_a_broken_channel_does_not_close_the_address_for_others() -> None:
    broken, good = make_channel(account={"secret": "x-secret-x"}), make_channel()
    Channel.objects.filter(pk=broken.pk).update(credentials_encrypted="not a token")
    assert deliver(COMMON, event_body()).status_code == 202
    assert InboundEvent.objects.get().channel_id == good.pk
