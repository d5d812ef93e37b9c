"""Webhooks of every platform: stored once, refused without verification, found at the common address."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from adapters.events import WebhookRequest
from adapters.wecom import envelope
from bots.models import Channel, InboundEvent
from tests.adapters.contract import CASES, Case
from tests.adapters.feishu import builders as feishu_builders
from tests.adapters.wecom import builders as wecom_builders
from tests.api.builders import make_bot

pytestmark = pytest.mark.django_db
COMMON = "/api/webhook"
every_platform = pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())


def connect(case: Case, secret: str) -> Channel:
    channel = Channel(bot=make_bot(), platform=case.platform)
    channel.credentials = {**case.account, case.secret_key: [case.configured(secret)]}
    channel.save()
    return channel


def send(path: str, request: WebhookRequest) -> Any:
    query = f"?{urlencode(request.query)}" if request.query else ""
    kind = request.headers.get("Content-Type", "application/json")
    return Client().generic(
        request.method, path + query, request.body, content_type=kind, headers=dict(request.headers)
    )


@every_platform
def test_a_delivery_and_its_repetition_give_each_event_once(case: Case) -> None:
    channel = connect(case, case.secrets[0])
    for _ in range(2):
        response = send(f"{COMMON}/{channel.public_id}", case.genuine(at=time.time()))
        assert 200 <= response.status_code < 300
    keys = list(InboundEvent.objects.filter(channel=channel).values_list("dedupe_key", flat=True))
    assert keys
    assert len(keys) == len(set(keys))


@every_platform
def test_what_is_not_proven_is_refused_and_leaves_nothing(case: Case) -> None:
    channel = connect(case, case.secrets[0])
    for path in (f"{COMMON}/{channel.public_id}", COMMON):
        assert send(path, case.genuine(secret=case.secrets[1], at=time.time())).status_code in (401, 403)
    assert not InboundEvent.objects.exists()


@every_platform
def test_at_the_common_address_each_platform_and_channel_is_found(case: Case) -> None:
    for other in CASES.values():
        if other is not case:
            connect(other, other.secrets[0])
    connect(case, case.secrets[1])
    wanted = connect(case, case.secrets[0])
    assert 200 <= send(COMMON, case.genuine(at=time.time())).status_code < 300
    assert set(InboundEvent.objects.values_list("channel", flat=True)) == {wanted.pk}


def test_whatsapps_challenge_is_answered_at_both_addresses() -> None:
    channel = connect(CASES["whatsapp"], "first-secret-1")
    query = {"hub.mode": "subscribe", "hub.verify_token": "word", "hub.challenge": "0012345"}
    for path in (f"{COMMON}/{channel.public_id}", COMMON):
        response = Client().get(path, query)
        assert (response.status_code, response.content) == (200, b"0012345")
    assert Client().get(COMMON, query | {"hub.verify_token": "other"}).status_code in (401, 403)


def test_slacks_challenge_is_answered_while_the_app_is_being_set_up() -> None:
    case = CASES["slack"]
    connect(case, case.secrets[0])
    request = case.genuine(b'{"type": "url_verification", "challenge": "3eZbrw"}', at=time.time())
    response = send(COMMON, request)
    assert (response.status_code, response.content) == (200, b"3eZbrw")


def test_wecoms_check_of_an_address_gets_the_bare_text() -> None:
    connect(CASES["wecom"], wecom_builders.TOKEN)
    encrypted = envelope.encrypt(wecom_builders.KEY, b"0012345", "")
    response = Client().get(COMMON, {**wecom_builders.signed(encrypted), "echostr": encrypted})
    assert (response.status_code, response.content) == (200, b"0012345")


def test_feishus_check_of_an_address_is_answered_though_it_is_unsigned() -> None:
    connect(CASES["feishu"], "key-1")
    check = {"type": "url_verification", "challenge": "c1", "token": "any"}
    response = send(COMMON, feishu_builders.request(check, key="key-1", sign=False))
    assert (response.status_code, response.json()) == (200, {"challenge": "c1"})


def test_discord_hears_at_once_that_the_answer_comes_later() -> None:
    case = CASES["discord"]
    connect(case, case.secrets[0])
    response = send(COMMON, case.genuine(at=time.time()))
    assert (response.status_code, response.json()) == (200, {"type": 5})
