"""Addresses of databases: what cannot be one is refused with the mend, before anything stands on it."""

from __future__ import annotations

from pathlib import Path

import pytest

from clawdbot_site.loading import load
from clawdbot_site.sources import ConfigError


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("DATABASE_URL", "REDIS_URL", "CLAWDBOT_MEMORY__DATABASE_URL", "CLAWDBOT_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CLAWDBOT_HOME", str(tmp_path))


def refused() -> str:
    with pytest.raises(ConfigError) as caught:
        load()
    return str(caught.value)


@pytest.mark.parametrize("password", ["p#x", "p/x", "p?x", "p[x", "p#x/y?z"])
@pytest.mark.parametrize(
    ("name", "scheme"),
    [
        ("DATABASE_URL", "postgresql"),
        ("CLAWDBOT_MEMORY__DATABASE_URL", "mysql"),
        ("CLAWDBOT_MEMORY__DATABASE_URL", "postgresql"),
        ("REDIS_URL", "redis"),
    ],
)
def test_a_password_that_breaks_the_address_is_told_how_to_be_written(
    name: str, scheme: str, password: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, f"{scheme}://user:{password}@host/name")
    text = refused()
    assert text.startswith(f"environment: {name}: is no address: write / ? # [ ] %")
    assert password not in text


@pytest.mark.parametrize("name", ["DATABASE_URL", "CLAWDBOT_MEMORY__DATABASE_URL"])
@pytest.mark.parametrize("port", ["port", "99999"])
def test_a_port_that_is_none_is_refused(name: str, port: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, f"postgresql://user:pw@host:{port}/name")
    assert refused().startswith(f"environment: {name}: is no address")


@pytest.mark.parametrize("name", ["DATABASE_URL", "CLAWDBOT_MEMORY__DATABASE_URL"])
@pytest.mark.parametrize("url", ["sqlite://data.db", "sqlite:///:memory:"])
def test_a_database_that_would_be_gone_with_the_process_is_refused(
    name: str, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, url)
    assert refused() == f"environment: {name}: names no file: write sqlite:////folder/file"


@pytest.mark.parametrize("url", ["postgresql://u:p%23@h/d", "postgres://u:p@x@h:5432/d", "sqlite:////data/a.sqlite3"])
def test_an_address_is_taken(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    assert load().database_url == url
