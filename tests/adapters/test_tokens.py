from __future__ import annotations

import threading
import time

import pytest

from adapters import tokens
from adapters.errors import SendError
from adapters.media import content_type_of


class Issuer:
    """Issues t1, t2, ... and counts them."""

    def __init__(self, life_s: float = 7200.0, delay_s: float = 0.0) -> None:
        self.life_s, self.delay_s, self.count = life_s, delay_s, 0

    def __call__(self) -> tuple[str, float]:
        self.count += 1
        time.sleep(self.delay_s)
        return f"t{self.count}", self.life_s


def test_a_token_is_fetched_once_and_renewed_five_minutes_early() -> None:
    key, issuer = tokens.key_of("test", "renewed"), Issuer()
    assert [tokens.get(key, now, issuer) for now in (0.0, 6899.0)] == ["t1", "t1"]
    assert tokens.get(key, 6900.0, issuer) == "t2"


def test_threads_that_need_it_at_the_same_moment_share_one_fetch() -> None:
    key, issuer, seen = tokens.key_of("test", "threads"), Issuer(delay_s=0.05), []
    threads = [threading.Thread(target=lambda: seen.append(tokens.get(key, 0.0, issuer))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (set(seen), issuer.count) == ({"t1"}, 1)


def test_a_refused_token_is_dropped_unless_it_was_renewed_meanwhile() -> None:
    key, issuer = tokens.key_of("test", "refused"), Issuer()
    tokens.get(key, 0.0, issuer)
    tokens.drop(key, "t1")
    assert tokens.get(key, 0.0, issuer) == "t2"
    tokens.drop(key, "t1")  # a slow thread that still has the first token
    assert tokens.get(key, 0.0, issuer) == "t2"


def test_a_token_of_short_life_is_used_for_half_of_it() -> None:
    key, issuer = tokens.key_of("test", "short"), Issuer(life_s=60.0)
    assert [tokens.get(key, now, issuer) for now in (0.0, 29.0, 31.0)] == ["t1", "t1", "t2"]


def test_a_failed_fetch_is_not_remembered() -> None:
    key = tokens.key_of("test", "failed")

    def refuse() -> tuple[str, float]:
        raise SendError("no", permanent=True, mark="unauthorized")

    with pytest.raises(SendError):
        tokens.get(key, 0.0, refuse)
    assert tokens.get(key, 0.0, Issuer()) == "t1"


def test_a_changed_secret_has_another_token() -> None:
    assert tokens.key_of("a", "bc") != tokens.key_of("ab", "c")


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        (b"\x89PNG\r\n\x1a\n....", "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"\x00\x00\x00\x20ftypisom", "video/mp4"),
        (b"#!AMR\n\x3c", "audio/amr"),
        ("你好".encode(), "text/plain"),
        (b"\x00\x01", "application/octet-stream"),
        (b"\xff\xfe\xfd", "application/octet-stream"),
        (b"", "application/octet-stream"),
    ],
)
def test_the_type_of_a_file_is_told_from_its_bytes(body: bytes, wanted: str) -> None:
    assert content_type_of(body) == wanted
