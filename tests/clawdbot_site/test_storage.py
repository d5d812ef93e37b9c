"""Uploads are in a folder that only the product can read, or in an S3-compatible bucket."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from django.core.files.base import ContentFile
from django.core.files.storage import Storage
from django.utils.module_loading import import_string
from pydantic import SecretStr

from clawdbot_site import storage
from clawdbot_site.config import UploadSettings
from tests.http_server import Answer, Recorded, Server

HEADERS = {"Last-Modified": "Tue, 24 Nov 2026 00:00:00 GMT", "ETag": '"0"'}


@dataclass
class Bucket:
    """The part of the S3 protocol that files need: PUT, HEAD, GET, DELETE of path-style objects, signed writes only."""

    objects: dict[str, bytes] = field(default_factory=dict)

    def answer(self, request: Recorded) -> Answer:
        if request.method == "PUT":
            if "AWS4-HMAC-SHA256" not in request.headers.get("authorization", ""):
                return Answer(403, b"")
            self.objects[request.path] = request.body
            return Answer(200, b"", HEADERS)
        if request.method == "DELETE":
            self.objects.pop(request.path, None)
            return Answer(204, b"")
        found = self.objects.get(request.path)
        return Answer(404, b"") if found is None else Answer(200, found, HEADERS)


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


def test_with_a_bucket_they_lie_there(server: Server, tmp_path: Path) -> None:
    bucket = Bucket()
    server.respond = bucket.answer
    keys = {"access_key": SecretStr("key"), "secret_key": SecretStr("secret")}
    config = UploadSettings(bucket="files", endpoint=server.url, region="local", **keys)
    store = made(config, tmp_path)
    store.save("channel/1-0.png", ContentFile(b"kept"))
    assert bucket.objects == {"/files/channel/1-0.png": b"kept"}
    round_trip(store)
    assert not (tmp_path / "uploads").exists()
