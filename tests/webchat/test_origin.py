"""Which origins may open a socket, and which address a socket comes from."""

from __future__ import annotations

from bots.edge.peer import peer_address
from bots.webchat.origin import clean_origins, origin_allowed


def test_origins_that_could_break_a_policy_header_are_dropped() -> None:
    assert clean_origins(["https://a.test/", "https://b.test; script-src *", "javascript:1", 5, "http://[::1]:80"]) == (
        "https://a.test",
        "http://[::1]:80",
    )
    assert clean_origins("https://a.test") == ()


def test_default_ports_are_the_same_origin() -> None:
    assert origin_allowed("https://chat.test:443", "chat.test", ())
    assert not origin_allowed("https://chat.test:8443", "chat.test", ())
    assert not origin_allowed("https://chat.test:99999", "chat.test", ())


def test_the_address_behind_a_trusted_proxy_counts_and_a_claim_of_others_does_not() -> None:
    headers = {"x-forwarded-for": "1.1.1.1, 2.2.2.2"}
    assert peer_address(["127.0.0.1", 1], headers, ("127.0.0.1",)) == "2.2.2.2"
    assert peer_address(["9.9.9.9", 1], headers, ("127.0.0.1",)) == "9.9.9.9"
    assert peer_address(["127.0.0.1", 1], {}, ("127.0.0.1",)) == ""
