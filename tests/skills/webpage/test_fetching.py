"""Fetches pages from a server that redirects, refuses, dawdles and sends what is no page."""

from __future__ import annotations

import time
from typing import Any

import pytest

from skills.webpage import fetching
from skills.webpage.fetching import Unreadable, fetch
from tests.http_server import Answer, Recorded, Server

PAGE = Answer(200, b"<p>Hello</p>", {"Content-Type": "text/html; charset=gbk"})


def refusal(url: str, *trusted: str) -> tuple[str, str]:
    with pytest.raises(Unreadable) as raised:
        fetch(url, "en", trusted)
    return raised.value.code, raised.value.detail


def test_a_page_with_its_charset_and_final_address(server: Server) -> None:
    def respond(request: Recorded) -> Answer:
        return PAGE if request.path == "/new/page" else Answer(302, b"", {"Location": "/new/page"})

    server.respond = respond
    page = fetch(f"{server.url}/old", "zh-hans", [server.url])
    assert (page.url, page.type, page.charset, page.body) == (
        f"{server.url}/new/page",
        "text/html",
        "gbk",
        b"<p>Hello</p>",
    )
    assert server.requests[0].headers["accept-language"].startswith("zh-CN")


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:1/",
        "http://localhost/",
        "http://[::1]/",
        "http://169.254.169.254/latest",
        "http://10.0.0.1/",
        "http://0/",
    ],
)
def test_private_addresses_are_refused(url: str) -> None:
    assert refusal(url)[0] == "private"


def test_a_redirect_into_the_private_network_is_refused(server: Server) -> None:
    inner = server.url.replace("127.0.0.1", "localhost")
    server.answer(Answer(302, b"", {"Location": f"{inner}/secret"}), PAGE)
    assert refusal(f"{server.url}/", server.url) == ("private", "")
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Answer(403, b"no"), ("closed", "403")),
        (Answer(402, b"pay"), ("closed", "402")),
        (Answer(404, b"?"), ("gone", "404")),
        (Answer(429, b"slow down"), ("busy", "429")),
        (Answer(500, b"oops"), ("failed", "500")),
        (Answer(304, b""), ("failed", "304")),
        (Answer(200, b"\x89PNG", {"Content-Type": "image/png"}), ("type", "image/png")),
        (Answer(200, b"x" * (fetching.MAX_BYTES + 1), {"Content-Type": "text/html"}), ("large", "")),
        (Answer(302, b"", {"Location": "/again"}), ("redirects", "")),
        (Answer(302, b"", {"Location": "ftp://example.org/"}), ("url", "")),
        (Answer(302, b"", {"Location": "http://user:pw@127.0.0.1/"}), ("url", "")),
    ],
)
def test_what_is_no_page_says_why(server: Server, answer: Answer, code: tuple[str, str]) -> None:
    server.answer(answer)
    assert refusal(f"{server.url}/", server.url) == code
    assert len(server.requests) <= fetching.MAX_HOPS + 1


def test_a_server_that_trickles_is_left_in_time(server: Server, monkeypatch: Any) -> None:
    monkeypatch.setattr(fetching, "TOTAL_S", 0.4)
    server.answer(Answer(200, b"", {"Content-Type": "text/html"}, tuple([b"<p>"] * 40), lambda: time.sleep(0.1)))
    begun = time.monotonic()
    assert refusal(f"{server.url}/", server.url)[0] == "slow"
    assert time.monotonic() - begun < 3


def test_an_address_without_scheme_and_a_dead_server() -> None:
    assert refusal("http://127.0.0.1:9/", "http://127.0.0.1:9")[0] == "unreachable"
    assert refusal("localhost")[0] == "private"


def test_chinese_in_an_address_is_encoded_once(server: Server) -> None:
    server.answer(Answer(302, b"", {"Location": "/%E8%B7%AF/b"}), PAGE)
    fetch(f"{server.url}/路径/a%20b?w=天", "en", [server.url])
    assert [request.path for request in server.requests] == [
        "/%E8%B7%AF%E5%BE%84/a%20b?w=%E5%A4%A9",
        "/%E8%B7%AF/b",
    ]
