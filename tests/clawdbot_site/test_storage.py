"""Uploads are in a folder that only the product can read, or in a bucket; addresses of databases reach libpq whole."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest
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


def test_several_hosts_are_passed_on_to_libpq(tmp_path: Path) -> None:
    url = "postgresql://u%40x:p%2Cw@db1,[::1]:6543,%2Frun%2Fpg:7/chat?target_session_attrs=read-write"
    found = storage.database(url, tmp_path)
    assert (found["HOST"], found["PORT"]) == ("db1,::1,/run/pg", "5432,6543,7")
    assert (found["USER"], found["PASSWORD"], found["NAME"]) == ("u@x", "p,w", "chat")
    assert found["OPTIONS"]["target_session_attrs"] == "read-write"


@pytest.mark.parametrize("url", ["postgresql://h1,h2:port/d", "postgresql://h1,,h2/d", "postgresql://h1:1,h2:/d"])
def test_a_host_that_is_none_is_refused(url: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="host or a port"):
        storage.database(url, tmp_path)


def test_behind_pgbouncer_no_cursor_outlives_its_transaction(tmp_path: Path) -> None:
    found = storage.database("postgresql://u@pool:6432/d?pgbouncer=true", tmp_path)
    assert found["DISABLE_SERVER_SIDE_CURSORS"]
    assert "pgbouncer" not in found["OPTIONS"]
    assert not storage.database("postgresql://u@db/d", tmp_path)["DISABLE_SERVER_SIDE_CURSORS"]
