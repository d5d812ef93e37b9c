"""The parts of `redis_url`, and what is said of one that is none."""

from __future__ import annotations

import pytest

from clawdbot.redis_address import parse


def test_sentinels_with_credentials_and_tls() -> None:
    found = parse(
        "rediss+sentinel://bot:a%2Fb%40c@s1,s2:26380,[::1]:26381/3?master=chat&sentinel_password=x%2Cy"
        "&ssl_ca_certs=/etc/ca.pem&ssl_check_hostname=false"
    )
    assert found.hosts == (("s1", 26379), ("s2", 26380), ("::1", 26381))
    assert (found.master, found.db, found.tls) == ("chat", 3, True)
    assert found.credentials == {"username": "bot", "password": "a/b@c"}
    assert found.sentinel_credentials == {"password": "x,y"}
    assert found.tls_options == {"ssl_ca_certs": "/etc/ca.pem", "ssl_check_hostname": False}


@pytest.mark.parametrize(
    ("url", "hosts", "db"),
    [
        ("redis://", (("localhost", 6379),), 0),
        ("redis://:pw@host:7000/2", (("host", 7000),), 2),
        ("redis://host?db=4", (("host", 6379),), 4),
        ("unix:///run/redis.sock?db=5", (), 5),
        ("unix:///run/redis.sock", (), 0),
    ],
)
def test_one_server(url: str, hosts: tuple[tuple[str, int], ...], db: int) -> None:
    found = parse(url)
    assert (found.hosts, found.db, found.master) == (hosts, db, "")


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("http://host", "must begin with redis://, rediss://, unix://"),
        ("sentinel://host", "must begin with"),
        ("redis://user:pa/ss@host/0", "is no address"),
        ("redis+sentinel://h1,:26379/0", "is no address"),
        ("redis+sentinel://h1:port,h2/0", "is no address"),
        ("redis://host/name", "number of a database"),
    ],
)
def test_what_is_no_address(url: str, told: str) -> None:
    with pytest.raises(ValueError, match=told) as raised:
        parse(url)
    assert "ss@host" not in str(raised.value)
