"""Archives lie in a folder or in a bucket; only those with our names are listed and removed."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from pydantic import SecretStr

from bots.maintenance.backup import places, retention
from bots.maintenance.backup.errors import BackupError
from bots.maintenance.backup.places import Kept
from tests.clawdbot_site.test_storage import Bucket
from tests.http_server import Answer, Recorded, Server

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)


def name_of(moment: datetime, *, scheduled: bool = True, prefix: str = "clawdbot") -> str:
    return places.archive_name(prefix, places.archive_id(moment, "0a1b2c"), scheduled)


class ListedBucket(Bucket):
    """A bucket that also lists its objects, two on a page."""

    def answer(self, request: Recorded) -> Answer:
        parts = urlsplit(request.path)
        asked = parse_qs(parts.query)
        if request.method == "GET" and "list-type" in asked:
            return self._page(asked["prefix"][0], int(asked.get("continuation-token", ["0"])[0]))
        request = replace(request, path=unquote(parts.path))
        return super().answer(request)

    def _page(self, prefix: str, start: int) -> Answer:
        keys = sorted(path.removeprefix("/kept/") for path in self.objects)
        keys = [key for key in keys if key.startswith(prefix)]
        more = f"<NextContinuationToken>{start + 2}</NextContinuationToken>" if len(keys) > start + 2 else ""
        rows = "".join(
            f"<Contents><Key>{key}</Key><Size>{len(self.objects['/kept/' + key])}</Size></Contents>"
            for key in keys[start : start + 2]
        )
        truncated = "true" if more else "false"
        body = f"<ListBucketResult><IsTruncated>{truncated}</IsTruncated>{more}{rows}</ListBucketResult>"
        return Answer(200, body.encode(), {"Content-Type": "application/xml"})


@pytest.fixture
def bucket(server: Server, settings: Any) -> ListedBucket:
    found = ListedBucket()
    server.respond = found.answer
    keys = {"access_key": SecretStr("key"), "secret_key": SecretStr("secret")}
    config = settings.CLAWDBOT.backup.model_copy(update={"endpoint": server.url, "region": "local", **keys})
    settings.CLAWDBOT = settings.CLAWDBOT.model_copy(update={"backup": config})
    return found


def test_a_bucket_keeps_lists_fetches_and_removes_archives(bucket: ListedBucket, tmp_path: Path) -> None:
    place = places.place("s3://kept/nightly/")
    moments = [NOON + timedelta(days=day) for day in range(5)]
    for moment in moments:
        path = tmp_path / "archive.partial"
        path.write_bytes(b"an archive of " + str(moment).encode())
        place.store(path, name_of(moment))
        assert not path.exists()
    bucket.objects["/kept/nightly/clawdbot-notes.tar"] = b"not ours"
    assert [one.made_at for one in place.kept("clawdbot")] == moments[::-1]
    fetched = place.fetch(name_of(NOON), tmp_path)
    assert fetched.read_bytes().endswith(str(NOON).encode())
    place.remove(name_of(NOON))
    assert len(place.kept("clawdbot")) == 4
    assert "/kept/nightly/clawdbot-notes.tar" in bucket.objects


@pytest.mark.usefixtures("bucket")
def test_an_object_that_is_not_there_is_told_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(BackupError, match=r"s3://kept/ cannot be used: (NoSuchKey|404)"):
        places.place("s3://kept").fetch("clawdbot-none.tar", tmp_path)


def test_a_storage_that_refuses_is_told_in_one_line(server: Server, bucket: ListedBucket) -> None:
    denied = b"<Error><Code>AccessDenied</Code><Message>no</Message></Error>"
    server.respond = lambda _request: Answer(403, denied, {"Content-Type": "application/xml"})
    with pytest.raises(BackupError, match="s3://kept/ cannot be used: AccessDenied"):
        places.place("s3://kept").kept("clawdbot")
    assert bucket.objects == {}


@pytest.mark.parametrize("to", ["ftp://host/x", "s3://", "s3://user:pass@bucket/x", "http://host/x", "s3:///prefix"])
def test_what_is_neither_folder_nor_bucket_is_refused(to: str) -> None:
    with pytest.raises(BackupError, match=r"neither a folder nor s3://bucket/prefix|cannot be used"):
        places.place(to).kept("clawdbot")


def test_a_folder_lists_only_whole_archives_with_our_names(tmp_path: Path) -> None:
    names = [
        name_of(NOON),
        name_of(NOON, prefix="other"),
        f".{name_of(NOON + timedelta(1))}.partial",
        "clawdbot-20269901T000000Z-0a1b2c.tar",
        "clawdbot.tar",
        name_of(NOON) + ".bak",
    ]
    for name in names:
        (tmp_path / name).touch()
    (tmp_path / name_of(NOON + timedelta(2))).mkdir()
    place = places.place(str(tmp_path))
    assert [one.name for one in place.kept("clawdbot")] == [name_of(NOON)]


def test_a_folder_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(BackupError, match="cannot be used"):
        places.place(str(tmp_path / "file" / "below")).working_folder()


def test_a_full_disk_is_told_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(BackupError, match=r"MiB free and needs 1\d{9,} MiB: free disk space"):
        places.require_space(tmp_path, 2**50)


def kept(moments: list[datetime], *, scheduled: bool = True) -> list[Kept]:
    return [Kept(name_of(moment, scheduled=scheduled), 1, moment, scheduled) for moment in moments]


def left(archives: list[Kept], daily: int, weekly: int) -> list[datetime]:
    gone = {one.name for one in retention.outdated(archives, daily, weekly)}
    return sorted((one.made_at for one in archives if one.name not in gone), reverse=True)


def test_the_last_one_of_each_day_and_week_is_kept() -> None:
    hours = [NOON - timedelta(hours=6 * number) for number in range(4 * 40)]  # forty days, four a day
    assert left(kept(hours), 3, 0) == [NOON, NOON.replace(day=29, hour=18), NOON.replace(day=28, hour=18)]
    weeks = left(kept(hours), 1, 3)
    assert [f"{moment:%G-%V}" for moment in weeks] == ["2026-49", "2026-48", "2026-47"]


def test_after_a_month_without_a_backup_none_is_removed() -> None:
    old = [NOON - timedelta(days=40 + number) for number in range(3)]
    assert left(kept([NOON, *old]), 7, 4) == [NOON, *old]


def test_what_a_person_made_and_what_is_foreign_is_never_removed(tmp_path: Path) -> None:
    for number in range(10):
        (tmp_path / name_of(NOON - timedelta(days=number))).touch()
        (tmp_path / name_of(NOON - timedelta(days=number), scheduled=False)).touch()
        (tmp_path / name_of(NOON - timedelta(days=number), prefix="neighbour")).touch()
    (tmp_path / "clawdbot-notes.txt").touch()
    gone = retention.clean(places.place(str(tmp_path)), "clawdbot", 2, 0)
    assert len(gone) == 8
    assert all(re.fullmatch(r"clawdbot-\S+-auto\.tar", name) for name in gone)
    assert len(list(tmp_path.iterdir())) == 31 - 8
