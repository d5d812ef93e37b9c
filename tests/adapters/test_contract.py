"""Rules for every platform with webhooks: an adapter parses only verified requests, and none of them crashes it."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters import registry
from adapters.errors import AdapterError, SignatureRejected
from adapters.events import Event, EventKind, Received, WebhookRequest
from tests.adapters.builders import NOW
from tests.adapters.contract import CASES, Case

WITHOUT_WEBHOOK = {"web"}
every_platform = pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
fuzz = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])

_SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12)
_JSON = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def refused(case: Case, request: WebhookRequest, *secrets: str, now: float = NOW) -> bool:
    """Whether the adapter refuses the request as not verified."""
    with pytest.raises(SignatureRejected) as caught:
        case.adapter(*(secrets or case.secrets[:1]), now=now).receive(request)
    return caught.value.status in (401, 403)


def test_every_platform_that_receives_webhooks_is_held_to_the_contract() -> None:
    assert set(CASES) == set(registry.platforms()) - WITHOUT_WEBHOOK


@every_platform
def test_a_genuine_request_gives_events_and_is_recognised(case: Case) -> None:
    received = case.adapter(case.secrets[0]).receive(case.genuine())
    assert received.events
    assert 200 <= received.reply.status < 300
    assert registry.identify(case.genuine()) == (case.platform,)


@every_platform
def test_a_redelivery_has_the_same_keys(case: Case) -> None:
    keys = []
    for later in (0, 60):
        adapter = case.adapter(case.secrets[0], now=NOW + later)
        keys.append([event.dedupe_key for event in adapter.receive(case.genuine(at=NOW + later)).events])
    assert keys[0] == keys[1]
    assert len(set(keys[0])) == len(keys[0])
    assert all(0 < len(key) <= 191 for key in keys[0])


@every_platform
def test_a_wrong_secret_is_refused(case: Case) -> None:
    assert refused(case, case.genuine(secret=case.secrets[1]))


@every_platform
def test_without_a_configured_secret_everything_is_refused(case: Case) -> None:
    adapter = registry.create(case.platform, dict(case.account), clock=lambda: NOW)
    for request in (case.genuine(), case.with_proof(case.genuine(), "")):
        with pytest.raises(SignatureRejected):
            adapter.receive(request)


@every_platform
def test_a_missing_proof_is_refused(case: Case) -> None:
    assert refused(case, WebhookRequest("POST", {}, {}, case.body))
    assert refused(case, case.with_proof(case.genuine(), ""))


@every_platform
@pytest.mark.parametrize("value", ["签名", "\udcff", "é" * 64, "v0=", "sha256=", "0", "=" * 44, "\x00", "z" * 128])
def test_an_odd_proof_is_refused_and_breaks_nothing(case: Case, value: str) -> None:
    assert refused(case, case.with_proof(case.genuine(), value))


@every_platform
def test_a_proof_that_is_longer_or_shorter_is_refused(case: Case) -> None:
    request = case.genuine()
    proof = case.proof(request)
    for value in (proof[:-1], proof + "0", proof[::-1]):
        assert refused(case, case.with_proof(request, value))


@pytest.mark.parametrize("case", [c for c in CASES.values() if c.covers_body], ids=lambda c: c.platform)
def test_one_changed_byte_is_refused(case: Case) -> None:
    request = case.genuine()
    for at in {0, len(request.body) // 3, len(request.body) // 2, len(request.body) - 1}:
        changed = bytearray(request.body)
        changed[at] ^= 1
        assert refused(case, WebhookRequest("POST", request.query, request.headers, bytes(changed)))
    if not case.in_query:
        assert refused(case, WebhookRequest("POST", request.query, request.headers, request.body + b" "))


@every_platform
def test_what_is_not_proven_is_not_parsed(case: Case) -> None:
    assert refused(case, case.genuine(b"\xff{ not json", secret=case.secrets[1]))


@every_platform
def test_in_a_rotation_both_secrets_are_good_and_later_only_the_new_one(case: Case) -> None:
    old, new = case.secrets
    for secret in (old, new):
        assert case.adapter(new, old).receive(case.genuine(secret=secret)).events
    assert case.adapter(new).receive(case.genuine(secret=new)).events
    assert refused(case, case.genuine(secret=old), new)


@pytest.mark.parametrize("case", [c for c in CASES.values() if c.window_s], ids=lambda c: c.platform)
def test_outside_of_its_window_a_proof_is_stale_in_both_directions(case: Case) -> None:
    window = case.window_s or 0.0
    for offset in (-window, window):
        assert case.adapter(case.secrets[0], now=NOW + offset).receive(case.genuine()).events
        assert refused(case, case.genuine(), now=NOW + offset * 1.01 + (1 if offset > 0 else -1))


@every_platform
@pytest.mark.parametrize("method", ["PUT", "DELETE", "HEAD"])
def test_other_methods_are_refused(case: Case, method: str) -> None:
    request = case.genuine()
    with pytest.raises(AdapterError) as caught:
        case.adapter(case.secrets[0]).receive(WebhookRequest(method, {}, request.headers, request.body))
    assert caught.value.status in (401, 403, 405)


def sound(received: Received) -> None:
    """Checks that each event survives the round trip to its stored form."""
    for event in received.events:
        again = Event.from_dict(json.loads(json.dumps(event.to_dict(with_raw=False))))
        assert again == event
        assert isinstance(event.kind, EventKind)
        assert event.dedupe_key
        assert not any(
            "\x00" in text for text in (event.text, event.user_name, event.user_id or "", event.chat_id or "")
        )
        json.dumps(event.to_dict(), ensure_ascii=False).encode("utf-8")


def take(case: Case, body: bytes) -> None:
    status = 200
    try:
        sound(case.adapter(case.secrets[0]).receive(case.genuine(body)))
    except AdapterError as error:
        status = error.status
    assert status == 200 or 400 <= status < 500


@every_platform
@given(body=st.binary(max_size=200))
@fuzz
def test_any_bytes_give_events_or_an_adapter_error(case: Case, body: bytes) -> None:
    take(case, body)


@every_platform
@given(value=_JSON)
@fuzz
def test_any_json_gives_events_or_an_adapter_error(case: Case, value: Any) -> None:
    take(case, case.encode(value))


@every_platform
@given(data=st.data())
@settings(fuzz, max_examples=200)
def test_a_damaged_payload_gives_events_or_an_adapter_error(case: Case, data: st.DataObject) -> None:
    value = copy.deepcopy(data.draw(st.sampled_from(case.bodies())))
    for _ in range(data.draw(st.integers(1, 3))):
        value = _damage(value, data)
    take(case, case.encode(value))


def _damage(value: Any, data: st.DataObject) -> Any:
    """Replaces or removes one value of a payload, at any depth."""
    parent, at = None, value
    key: Any = None
    while isinstance(at, (dict, list)) and at and data.draw(st.integers(0, 4)):
        key = data.draw(st.sampled_from(sorted(at) if isinstance(at, dict) else range(len(at))))
        parent, at = at, at[key]
    if parent is None:
        return value
    if isinstance(parent, dict) and data.draw(st.booleans()):
        del parent[key]
    else:
        parent[key] = data.draw(_JSON)
    return value
