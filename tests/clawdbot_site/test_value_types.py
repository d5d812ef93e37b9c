"""Values that would fail later, or mean something else than was meant, are refused when the settings are read."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from pydantic import TypeAdapter, ValidationError

from clawdbot_site.value_types import AbsolutePath, HttpAddress, JsonObject


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("", ""),
        ("https://chat.example.com/", "https://chat.example.com"),
        ("HTTPS://Chat.example.com", "https://Chat.example.com"),
        ("http://[::1]:8080/v1", "http://[::1]:8080/v1"),
        ("https://HTTPS.example/HTTPS", "https://HTTPS.example/HTTPS"),
    ],
)
def test_an_address_is_read(value: str, read: str) -> None:
    assert TypeAdapter(HttpAddress).validate_python(value) == read


@pytest.mark.parametrize(
    "value",
    [
        "chat.example.com",
        "ftp://a",
        "https://",
        "https://a:port",
        "https://a:99999",
        "https://a:0",
        "https://a.exa\nmple",
        "https://a b",
        "http://[::1",
    ],
)
def test_what_is_no_address_is_refused(value: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(HttpAddress).validate_python(value)


@pytest.mark.parametrize("value", ["", "~nobody-of-this-name/x", "a\0b"])
def test_what_names_no_folder_is_refused(value: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(AbsolutePath).validate_python(value)


def test_a_folder_is_read_from_where_the_process_was_started(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "/home/ann")
    read = TypeAdapter(AbsolutePath).validate_python
    assert [read("."), read("数据"), read("~/x")] == [tmp_path, tmp_path / "数据", Path("/home/ann/x")]


def test_what_a_row_cannot_keep_is_refused() -> None:
    within: dict[str, object] = {}
    within["self"] = within
    for value in ({"since": dt.date(2024, 1, 1)}, {"share": float("nan")}, {"image": b"x"}, {"names": {"a"}}, within):
        with pytest.raises(ValidationError, match="must be what JSON can hold"):
            TypeAdapter(JsonObject).validate_python(value)
    assert TypeAdapter(JsonObject).validate_python({"a": [None, 1, "é"]}) == {"a": [None, 1, "é"]}
