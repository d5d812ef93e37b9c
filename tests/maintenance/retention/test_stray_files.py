"""Files that nothing shows go after a day; all others stay, also those that the product did not write."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, storages

from bots.maintenance.retention import stray_files
from bots.models import Message, ReceivedFile, SentFile
from tests.maintenance.retention.builders import NOW, ago, make_chat, make_inbound

pytestmark = pytest.mark.django_db
OLD = "0123456789abcdef0123456789abcdef.png"


@pytest.fixture
def root(tmp_path: Path, settings: Any) -> Iterator[Path]:
    kept = dict(storages._storages)
    storages._storages["uploads"] = FileSystemStorage(location=tmp_path)
    yield tmp_path
    storages._storages.clear()
    storages._storages.update(kept)


def put(path: Path, days: float = 2) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")
    moment = (NOW - timedelta(days=days)).timestamp()
    os.utime(path, (moment, moment))
    return path


def delete() -> int:
    return stray_files.delete_stray(NOW, lambda: None)


def test_a_file_that_no_row_knows_goes_after_a_day(root: Path) -> None:
    channel = make_chat().channel.public_id
    old, young = put(root / channel / "sent" / OLD), put(root / channel / "7-0.png", days=0.5)
    assert delete() == 1
    assert (old.exists(), young.exists()) == (False, True)


def test_files_of_rows_stay_whatever_folder_they_lie_in(root: Path) -> None:
    chat = make_chat()
    mine, elsewhere = f"{chat.channel.public_id}/7-0.png", f"formerchannel00/sent/{OLD}"
    ReceivedFile.objects.create(conversation=chat, inbound=make_inbound(chat, 3), kind="image", file=mine)
    SentFile.objects.create(conversation=chat, kind="image", file=elsewhere)
    put(root / mine), put(root / elsewhere)
    assert delete() == 0
    assert (root / mine).exists()
    assert (root / elsewhere).exists()


def test_files_of_a_deleted_channel_go(root: Path) -> None:
    put(root / "gonegonegone" / "12-0.jpg")
    assert delete() == 1


def test_what_the_product_did_not_write_stays(root: Path) -> None:
    channel = make_chat().channel.public_id
    others = [put(root / channel / name) for name in (".keep", "notes of ada.txt", "..png", "été.png")]
    others.append(put(root / "readme-0123456789.txt"))  # in no folder of a channel
    target = put(root.parent / f"outside-{root.name}" / "7-1.png")
    (root / channel / "9-0.png").symlink_to(target)
    (root / "linked").symlink_to(target.parent)
    assert delete() == 0
    assert all(path.exists() for path in (*others, target))


def test_a_folder_that_is_not_there_is_no_error(root: Path) -> None:
    root.rmdir()
    assert delete() == 0
    root.mkdir()


def test_uploads_that_no_message_uses_go_after_a_day(root: Path) -> None:
    chat = make_chat()
    said = Message.objects.create(conversation=chat, role="assistant", text="here")
    voice = {"conversation": chat, "kind": "voice", "created_at": ago(2)}
    ReceivedFile.objects.create(**voice)
    kept = [
        ReceivedFile.objects.create(**voice, inbound=make_inbound(chat, 2)),
        ReceivedFile.objects.create(conversation=chat, kind="voice", created_at=ago(0.5)),
        SentFile.objects.create(conversation=chat, kind="image", created_at=ago(2), message=said),
        SentFile.objects.create(conversation=chat, kind="image", created_at=ago(0.5)),
    ]
    unused = SentFile.objects.create(conversation=chat, kind="image", created_at=ago(2))
    unused.file.save("x/1.png", ContentFile(b"x"))
    assert stray_files.delete_unused(NOW, lambda: None) == 2
    assert [type(row).objects.filter(pk=row.pk).exists() for row in kept] == [True] * 4
