"""Files of people lie in a folder that only the product reads, or in an S3-compatible bucket."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import Storage
from django.utils.module_loading import import_string
from pydantic import SecretStr

from clawdbot_site import storage
from clawdbot_site.config import UploadSettings


class Bucket(ThreadingHTTPServer):
    """As much of the S3 protocol as files need: PUT, HEAD, GET, DELETE of path-style objects, signed requests only."""

    daemon_threads = True

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: Bucket
    protocol_version = "HTTP/1.1"

    def _answer(self, status: int, body: bytes = b"") -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Last-Modified", "Tue, 24 Nov 2026 00:00:00 GMT")
        self.send_header("ETag", '"0"')
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if "AWS4-HMAC-SHA256" not in self.headers.get("Authorization", ""):
            return self._answer(403)
        self.server.objects[self.path] = body
        return self._answer(200)

    def do_GET(self) -> None:
        found = self.server.objects.get(self.path)
        self._answer(404) if found is None else self._answer(200, found)

    do_HEAD = do_GET

    def do_DELETE(self) -> None:
        self.server.objects.pop(self.path, None)
        self._answer(204)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def bucket() -> Iterator[Bucket]:
    server = Bucket()
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def made(config: UploadSettings, home: Path) -> Storage:
    found = storage.files(config, home)
    backend: Storage = import_string(found["BACKEND"])(**found["OPTIONS"])
    return backend


def round_trip(store: Storage) -> None:
    store.save("channel/1-0.png", ContentFile(b"bytes of a picture"))
    assert store.exists("channel/1-0.png")
    with store.open("channel/1-0.png", "rb") as opened:
        assert opened.read() == b"bytes of a picture"
    store.delete("channel/1-0.png")
    assert not store.exists("channel/1-0.png")


def test_without_a_bucket_files_lie_under_home_for_the_product_alone(tmp_path: Path) -> None:
    store = made(UploadSettings(), tmp_path)
    round_trip(store)
    store.save("channel/2-0.txt", ContentFile(b"x"))
    assert (tmp_path / "uploads/channel/2-0.txt").stat().st_mode & 0o777 == 0o600


def test_with_a_bucket_they_lie_there(bucket: Bucket, tmp_path: Path) -> None:
    keys = {"access_key": SecretStr("key"), "secret_key": SecretStr("secret")}
    config = UploadSettings(bucket="files", endpoint=bucket.url, region="local", **keys)
    store = made(config, tmp_path)
    store.save("channel/1-0.png", ContentFile(b"kept"))
    assert bucket.objects == {"/files/channel/1-0.png": b"kept"}
    round_trip(store)
    assert not (tmp_path / "uploads").exists()
