"""`manage.py backup` decides only with --yes, and tells every mistake in one line."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from bots.models import InboundEvent, Worker
from bots.models.sql import clock
from bots.pipeline import inbox
from bots.runtime import home_lock
from tests.builders import make_channel, make_event, state_of
from tests.maintenance.backup.builders import make_archive

pytestmark = [pytest.mark.django_db, pytest.mark.databases]


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command("backup", *arguments, stdout=out, stderr=io.StringIO())
    return out.getvalue()


@pytest.fixture
def held() -> InboundEvent:
    (row_id,) = inbox.accept(make_channel(), [make_event("is it\nthere?")]).accepted
    InboundEvent.objects.update(state="held")
    return InboundEvent.objects.get(pk=row_id)


def test_what_is_held_is_listed(held: InboundEvent) -> None:
    assert "is it there?" in run("pending")
    (one,) = json.loads(run("pending", "--json"))
    assert (one["kind"], one["id"], one["begun"]) == ("answer", held.pk, False)


@pytest.mark.parametrize(("action", "does"), [("release", "lets happen"), ("drop", "gives up")])
def test_without_yes_it_only_says_what_it_would_do(held: InboundEvent, action: str, does: str) -> None:
    with pytest.raises(CommandError, match=f"this {does} 1 messages to answer; repeat with --yes"):
        run(action)
    assert state_of(held) == "held"


def test_with_yes_it_does(held: InboundEvent) -> None:
    assert "released: 1 messages to answer" in run("release", "--yes")
    assert state_of(held) == "pending"
    assert "nothing is held" in run("pending")
    assert "dropped: nothing" in run("drop", "--yes")


def test_an_id_needs_its_kind(held: InboundEvent) -> None:
    with pytest.raises(CommandError, match="--id needs --kind"):
        run("drop", "--id", str(held.pk), "--yes")
    assert "dropped: 1" in run("drop", "--kind", "answer", "--id", str(held.pk), "--yes")


def test_an_empty_place_is_told(tmp_path: Path) -> None:
    assert f"no backup in {tmp_path}" in run("list", "--to", str(tmp_path))
    for name in ("latest", "clawdbot-20260101T000000Z-0a1b2c.tar"):
        with pytest.raises(CommandError, match=rf"{name}: neither a file nor a backup in"):
            run("verify", name, "--to", str(tmp_path))


def test_a_home_in_use_is_told(tmp_path: Path) -> None:
    path = make_archive(tmp_path / "a.tar")
    lock = home_lock.take(tmp_path / "home")
    try:
        with pytest.raises(CommandError, match="runs on this home: stop it first"):
            run("restore", str(path), "--home", str(tmp_path / "home"), "--force")
    finally:
        os.close(lock)


def test_keys_need_their_passphrase(tmp_path: Path) -> None:
    path = make_archive(tmp_path / "a.tar", keys=True)
    with pytest.raises(CommandError, match="need its passphrase: --passphrase-file FILE, or --without-keys"):
        run("restore", str(path), "--home", str(tmp_path / "home"))
    (tmp_path / "empty").write_text("\n")
    with pytest.raises(CommandError, match="empty cannot be read: empty"):
        run("restore", str(path), "--home", str(tmp_path / "home"), "--passphrase-file", str(tmp_path / "empty"))


def test_nothing_is_held_in_a_running_installation(held: InboundEvent) -> None:
    InboundEvent.objects.update(state="pending")
    Worker.objects.create(id="w", host="h", pid=1, role="worker", beat_at=clock.now())
    with pytest.raises(CommandError, match="stop them first"):
        run("settle")
    assert state_of(held) == "pending"
