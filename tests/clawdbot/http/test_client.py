from __future__ import annotations

import gzip
import pickle
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from clawdbot import http
from tests.http_server import Answer, Recorded, Server, json_answer

TOKEN_PATH = "/bot123456:SECRET-token/sendMessage?key=topsecret"


@contextmanager
def silent_server() -> Iterator[tuple[str, threading.Event]]:
    """Reads a whole request and never answers; the event is set when the request has arrived."""
    listener = socket.create_server(("127.0.0.1", 0))
    arrived, stop = threading.Event(), threading.Event()

    def run() -> None:
        connection, _ = listener.accept()
        with connection:
            seen = b""
            while b"\r\n\r\n" not in seen or not seen.endswith(b"}"):
                seen += connection.recv(65536)
            arrived.set()
            stop.wait(60)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", arrived
    finally:
        stop.set()
        listener.close()
        thread.join(60)
        http.close()


def test_a_json_post_arrives_whole_and_the_answer_comes_back(server: Server) -> None:
    server.answer(json_answer({"ok": True}, 201, **{"X-Thing": "yes"}))
    response = http.request("POST", f"{server.url}/a", json={"text": "你好 😀"}, params={"q": "1 2"}, timeout=60)
    assert (response.status, response.ok, response.json()) == (201, True, {"ok": True})
    assert response.headers["x-thing"] == "yes"
    sent = server.requests[0]
    assert sent.json == {"text": "你好 😀"}
    assert sent.path == "/a?q=1+2"
    assert sent.headers["content-type"] == "application/json"
    assert sent.headers["user-agent"].startswith("Clawdbot/")


def test_a_lone_surrogate_in_json_does_not_break_the_request(server: Server) -> None:
    http.request("POST", server.url, json={"text": "a\ud800b"}, timeout=60)
    assert server.requests[0].json == {"text": "a?b"}


def test_raw_bytes_are_sent_as_they_are(server: Server) -> None:
    http.request("POST", server.url, data=b"\x00\xff", headers={"Content-Type": "x/y"}, timeout=60)
    assert server.requests[0].body == b"\x00\xff"


def test_cookies_of_one_answer_are_not_sent_with_the_next_request(server: Server) -> None:
    server.answer(Answer(headers={"Set-Cookie": "session=1"}))
    http.request("GET", server.url, timeout=60)
    http.request("GET", server.url, timeout=60)
    assert "cookie" not in server.requests[1].headers


def test_error_statuses_are_responses_not_exceptions(server: Server) -> None:
    server.answer(Answer(503, b"busy", {"Retry-After": "7"}))
    response = http.request("GET", server.url, timeout=60)
    assert (response.status, response.ok, response.retry_after) == (503, False, 7.0)
    with pytest.raises(http.InvalidResponse):
        response.json()


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("3.5", 3.5),
        (" 5 ", 5.0),
        ("-1", None),
        ("0", None),
        ("nan", None),
        ("inf", None),
        ("1e999", None),
        ("0x10", None),
        ("1_0", None),
        ("٥", None),
        ("5, 5", None),
        ("99999999", 86400.0),
        ("9" * 400, None),
        ("1000000070", 86400.0),
        ("soon", None),
        ("", None),
        (None, None),
        ("Thu, 01 Jan 1970 00:01:40 GMT", 90.0),
        ("Thu, 01 Jan 1970 01:01:40 +0100", 90.0),
        ("Thursday, 01-Jan-70 00:01:40 GMT", 90.0),
        ("Thu Jan  1 00:01:40 1970", 90.0),
        ("Thu, 01 Jan 1970 00:01:40 -0000", 90.0),
        ("Thu, 01 Jan 1970 00:00:05 GMT", None),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 86400.0),
        ("Fri, 31 Dec 99999 23:59:59 GMT", None),
        ("Thu, 99 Jan 1970 00:01:40 GMT", None),
        ("1970-01-01T00:01:40Z", None),
    ],
)
def test_retry_after_is_read_in_both_forms(value: str | None, seconds: float | None, zone_of_the_machine: None) -> None:
    assert http.parse_retry_after(value, now=10.0) == seconds


def test_a_wait_as_seconds_since_the_epoch_is_read() -> None:
    assert http.parse_retry_after("1700000060", now=1_700_000_000.0) == 60.0


@pytest.fixture
def zone_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """East of Greenwich: Django puts `time_zone` of the settings here."""
    with monkeypatch.context() as patched:
        patched.setenv("TZ", "Asia/Shanghai")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.parametrize("encoded", [False, True])
def test_a_body_over_the_cap_is_refused_while_it_streams(server: Server, encoded: bool) -> None:
    body = gzip.compress(b"0" * 5_000_000) if encoded else b"0" * 200_000
    server.answer(Answer(200, body, {"Content-Encoding": "gzip"} if encoded else {}))
    with pytest.raises(http.ResponseTooLarge) as caught:
        http.request("GET", server.url, timeout=60, max_bytes=100_000)
    assert caught.value.permanent
    assert caught.value.written


def test_a_body_of_exactly_the_cap_is_accepted(server: Server) -> None:
    server.answer(Answer(200, b"0" * 1000))
    assert len(http.request("GET", server.url, timeout=60, max_bytes=1000).body) == 1000


def test_a_dripping_body_meets_the_deadline(server: Server) -> None:
    dripped: list[int] = []
    server.answer(Answer(chunks=(b"x",) * 400, before_chunk=lambda: dripped.append(1) or time.sleep(0.05)))  # type: ignore[func-returns-value]
    with pytest.raises(http.HttpTimeout):
        http.request("GET", server.url, timeout=(30, 1.0))
    assert len(dripped) < 400, "given up while the body was still coming"


def test_a_timeout_says_whether_the_request_was_written() -> None:
    with silent_server() as (url, _), pytest.raises(http.HttpTimeout) as caught:
        http.request("POST", url + TOKEN_PATH, json={}, timeout=(3, 1.0))
    assert caught.value.written
    assert not caught.value.permanent


def test_a_refused_connection_is_a_passing_error_and_nothing_was_written() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(http.HttpConnectionError) as caught:
        http.request("POST", f"http://127.0.0.1:{port}{TOKEN_PATH}", json={}, timeout=1)
    assert not caught.value.written
    assert not caught.value.permanent


def test_no_error_shows_more_of_the_url_than_the_host() -> None:
    with silent_server() as (url, _), pytest.raises(http.HttpError) as caught:
        http.request("POST", url + TOKEN_PATH, json={}, timeout=(3, 1.0))
    error: BaseException | None = caught.value
    assert url in str(error)
    while error is not None:
        assert "SECRET" not in str(error)
        assert "topsecret" not in str(error)
        error = error.__cause__ or error.__context__


def test_the_library_does_not_log_the_path(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("DEBUG"):
        http.request("POST", server.url + TOKEN_PATH, json={}, timeout=60)
    assert "SECRET" not in caplog.text


@pytest.mark.parametrize(
    "url",
    ["ftp://host/", "file:///etc/passwd", "http://", "https://user:pw@host/", "http://host:99999/", "http://[::1", ""],
)
def test_a_url_that_cannot_be_requested_is_a_permanent_error(url: str) -> None:
    with pytest.raises(http.InvalidUrl) as caught:
        http.request("GET", url, timeout=1)
    assert caught.value.permanent


def test_a_header_with_a_line_break_is_refused(server: Server) -> None:
    with pytest.raises(http.InvalidUrl):
        http.request("GET", server.url, headers={"X-A": "a\r\nX-B: b"}, timeout=1)
    assert server.requests == []


def test_redirects_are_not_followed_unless_asked(server: Server) -> None:
    server.answer(Answer(302, headers={"Location": "/next"}), Answer())
    assert http.request("GET", server.url, timeout=60).status == 302
    server.answer(Answer(302, headers={"Location": "/next"}), Answer())
    assert http.request("POST", server.url, json={}, timeout=60, allow_redirects=True).status == 200
    assert (server.requests[-1].method, server.requests[-1].path) == ("GET", "/next")


def test_a_redirect_to_another_host_loses_the_credentials(server: Server) -> None:
    other = server.url.replace("127.0.0.1", "localhost")
    server.answer(Answer(307, headers={"Location": f"{other}/x"}), Answer())
    headers = {"Authorization": "Bearer abc", "X-Kept": "1"}
    http.request("POST", server.url, json={"a": 1}, headers=headers, timeout=60, allow_redirects=True)
    last = server.requests[-1]
    assert "authorization" not in last.headers
    assert (last.headers["x-kept"], last.json, last.method) == ("1", {"a": 1}, "POST")


def test_a_redirect_to_a_host_that_is_not_allowed_is_refused(server: Server) -> None:
    server.answer(Answer(302, headers={"Location": "http://evil.example/"}))
    with pytest.raises(http.AddressRefused):
        http.request("GET", server.url, timeout=60, allow_redirects=True, allowed_hosts=["127.0.0.1"])


def test_endless_redirects_end(server: Server) -> None:
    server.answer(Answer(302, headers={"Location": "/again"}))
    with pytest.raises(http.TooManyRedirects):
        http.request("GET", server.url, timeout=60, allow_redirects=True)
    assert len(server.requests) == 6


@pytest.mark.parametrize(
    "error",
    [
        http.HttpTimeout("x", written=True),
        http.ResponseTooLarge("y"),
        http.AddressRefused("z", retry_after=3.0),
        http.HttpError("w", permanent=True),
    ],
)
def test_http_errors_pickle(error: http.HttpError) -> None:
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert (str(again), again.written, again.permanent, again.retry_after) == (
        str(error),
        error.written,
        error.permanent,
        error.retry_after,
    )


def test_the_hook_fires_after_the_write_and_before_the_answer(server: Server) -> None:
    arrived, fired = threading.Event(), threading.Event()
    calls: list[bool] = []

    def hook() -> None:
        calls.append(arrived.wait(60))  # the server already has the request, or never gets it
        fired.set()

    def respond(_request: Recorded) -> Answer:
        arrived.set()
        return json_answer({"after the hook": fired.wait(60)})

    server.respond = respond
    with http.observe(hook):
        answer = http.request("POST", server.url, json={"text": "hi"}, timeout=100).json()
    assert (answer, calls) == ({"after the hook": True}, [True])


def test_the_hook_stays_silent_when_nothing_was_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    calls: list[int] = []
    with http.observe(lambda: calls.append(1)), pytest.raises(http.HttpConnectionError):
        http.request("POST", f"http://127.0.0.1:{port}", json={}, timeout=1)
    assert calls == []


def test_the_hook_fires_once_per_request_also_with_redirects(server: Server) -> None:
    server.answer(Answer(307, headers={"Location": "/x"}), Answer())
    calls: list[int] = []
    with http.observe(lambda: calls.append(1)):
        http.request("POST", server.url, json={}, timeout=60, allow_redirects=True)
        assert calls == [1]
        http.request("POST", server.url, json={}, timeout=60)
        assert calls == [1, 1]
    http.request("POST", server.url, json={}, timeout=60)
    assert calls == [1, 1]


def test_a_failing_hook_does_not_lose_the_response(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> None:
        raise RuntimeError("database is gone")

    with http.observe(fail):
        assert http.request("POST", server.url, json={}, timeout=60).status == 200
    assert "on_written hook failed" in caplog.text


def test_connections_are_reused_and_shared_between_threads(server: Server) -> None:
    results: list[int] = []

    def work() -> None:
        results.extend(http.request("POST", server.url, json={}, timeout=60).status for _ in range(5))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [200] * 40


def test_hooks_of_parallel_threads_do_not_mix(server: Server) -> None:
    calls: dict[int, int] = {}

    def work(number: int) -> None:
        def hook() -> None:
            calls[number] = calls.get(number, 0) + 1

        with http.observe(hook):
            for _ in range(3):
                http.request("POST", server.url, json={}, timeout=60)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert calls == dict.fromkeys(range(6), 3)
