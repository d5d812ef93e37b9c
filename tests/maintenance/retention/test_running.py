"""The run deletes what is finished and older than its days, and nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core.files.base import ContentFile
from django.utils import timezone

from bots.leases import held
from bots.limits import sums
from bots.maintenance.retention import rules, running
from bots.maintenance.retention.errors import RetentionError
from bots.maintenance.retention.kinds import KINDS
from bots.models import (
    AuditEntry,
    BackupRun,
    InboundEvent,
    Message,
    OutboundMessage,
    ReceivedFile,
    ReplayRun,
    ReplayTurn,
    RetentionRule,
    StateTransition,
    TurnUsage,
    UsageDay,
)
from clawdbot.leadership import LeadershipLost
from skills.models import ToolCall
from tests.maintenance.retention.builders import (
    NOW,
    ago,
    make_chat,
    make_inbound,
    make_sent,
    make_transition,
    make_usage,
)

pytestmark = [pytest.mark.django_db, pytest.mark.databases("memory")]


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running.time, "sleep", lambda seconds: None)


def ids(model: Any) -> list[int]:
    return list(model.objects.order_by("pk").values_list("pk", flat=True))


def test_finished_events_go_and_their_messages_stay() -> None:
    chat = make_chat()
    old, young = make_inbound(chat, 91), make_inbound(chat, 89)
    said = Message.objects.create(conversation=chat, inbound=old, role="user", text="my cat is called Ada")
    assert running.run() == {"inbox": 1}
    assert ids(InboundEvent) == [young.pk]
    said.refresh_from_db()
    assert (said.text, said.inbound_id, said.conversation_id) == ("my cat is called Ada", None, chat.pk)


@pytest.mark.parametrize("state", ["pending", "processing", "dead", "held"])
def test_an_event_that_waits_or_was_given_up_or_is_held_never_goes(state: str) -> None:
    make_inbound(make_chat(), 4000, state)
    assert running.run() == {}
    assert InboundEvent.objects.count() == 1


def test_an_event_that_finished_late_counts_from_its_end() -> None:
    make_inbound(make_chat(), 100, finished_at=ago(5))
    assert running.run() == {}


@pytest.mark.parametrize("state", ["pending", "sending", "dead", "held"])
def test_an_answer_that_is_not_sent_never_goes(state: str) -> None:
    make_sent(make_chat(), 4000, state)
    assert running.run() == {}


@pytest.mark.parametrize("state", ["sent", "unconfirmed", "discarded"])
def test_what_is_sent_goes_and_the_answer_stays(state: str) -> None:
    make_sent(make_chat(), 91, state)
    assert running.run() == {"outbox": 1}
    assert Message.objects.get().text == "answer of 91 days ago"


def test_an_answer_that_was_queued_again_counts_from_then() -> None:
    row = make_sent(make_chat(), 300, "discarded")
    OutboundMessage.objects.filter(pk=row.pk).update(queued_at=ago(1))
    assert running.run() == {}


def test_usage_goes_when_it_is_in_the_sums_and_the_sums_stay() -> None:
    chat = make_chat()
    make_usage(chat, 200, summed=False)
    assert running.run() == {}
    sums.add_new()
    assert running.run() == {"usage": 1}
    assert not TurnUsage.objects.exists()
    assert UsageDay.objects.get().calls == 1


def test_transitions_of_a_conversation_with_a_human_stay() -> None:
    with_bot, with_human = make_chat(), make_chat(state="human")
    make_transition(with_bot, 400)
    kept = make_transition(with_human, 400)
    assert running.run() == {"transitions": 1}
    assert ids(StateTransition) == [kept.pk]


def make_call(chat: Any, key: str, state: str, **values: Any) -> ToolCall:
    return ToolCall.objects.create(
        bot=chat.bot, conversation=chat, begun_by=1, round=1, place=1, tool="t", source="code", arguments_hash="0",
        idempotency_key=key, state=state, at=ago(200), **values,
    )  # fmt: skip


def test_a_tool_call_that_waits_stays_with_its_event() -> None:
    chat = make_chat()
    event, other = make_inbound(chat, 200), make_inbound(chat, 200)
    waits = make_call(chat, "a", "waiting", expires_at=NOW + timedelta(days=1), inbound=event)
    make_call(chat, "b", "done", inbound=other)
    begun = make_call(chat, "c", "started")
    assert running.run() == {"tools": 1, "inbox": 1}
    assert (ids(ToolCall), ids(InboundEvent)) == ([waits.pk, begun.pk], [event.pk])


def test_a_replay_goes_with_its_turns_unless_it_runs() -> None:
    chat = make_chat()
    over, runs = (
        ReplayRun.objects.create(bot=chat.bot, state=state, created_at=ago(400)) for state in ("done", "running")
    )
    for row in (over, runs):
        ReplayTurn.objects.create(run=row, position=1)
    assert running.run() == {"replays": 1}
    assert (ids(ReplayRun), list(ReplayTurn.objects.values_list("run", flat=True))) == ([runs.pk], [runs.pk])


def test_the_latest_good_backup_is_remembered_however_old() -> None:
    for days in (900, 800, 700):
        BackupRun.objects.create(state="done", started_at=ago(days), made_at=ago(days))
    BackupRun.objects.create(state="failed", started_at=ago(600))
    assert running.run() == {"backups": 3}
    assert BackupRun.objects.get().made_at == ago(700)


def test_the_audit_log_loses_only_what_is_very_old_and_notes_that() -> None:
    for days in (731, 729):
        AuditEntry.objects.create(action="login", actor="ada", at=ago(days))
    user = User.objects.create(username="root")
    assert running.run(user) == {"audit": 1}
    noted = AuditEntry.objects.get(action="purge")
    assert (noted.actor, noted.subject, noted.counts) == ("root", "bots.retention", {"audit": 1})
    assert AuditEntry.objects.filter(action="login").get().at == ago(729)


def test_a_run_that_deletes_nothing_leaves_no_entry() -> None:
    running.run()
    assert not AuditEntry.objects.exists()
    assert set(RetentionRule.objects.exclude(run_at=None).values_list("kind", flat=True)) == {
        RetentionRule.WITHOUT_DAYS,
        *(kind.key for kind in KINDS if kind.default),
    }


def test_sessions_that_have_expired_go() -> None:
    for key, days in (("old", -1), ("new", 1)):
        Session.objects.create(session_key=key, session_data="x", expire_date=NOW + timedelta(days=days))
    assert running.run() == {"sessions": 1}
    assert Session.objects.get().pk == "new"


def test_events_with_a_file_stay_until_the_file_goes() -> None:
    chat = make_chat()
    event = make_inbound(chat, 100)
    said = Message.objects.create(conversation=chat, inbound=event, role="user", text="look")
    file = ReceivedFile.objects.create(conversation=chat, inbound=event, kind="image", created_at=ago(100))
    file.file.save("c/1-0.png", ContentFile(b"picture"))
    storage, name = file.file.storage, file.file.name
    assert running.run() == {}
    rules.save({"files": 30}, "root")
    assert running.run() == {"files": 1, "inbox": 1}
    said.refresh_from_db()
    assert said.text == "look"
    assert storage.exists(name), "the bytes go after the commit"


@pytest.mark.django_db(transaction=True)
def test_the_bytes_of_a_file_go_with_its_row() -> None:
    chat = make_chat()
    file = ReceivedFile.objects.create(
        conversation=chat, inbound=make_inbound(chat, 9), kind="image", created_at=ago(9)
    )
    file.file.save(f"{chat.channel.public_id}/1-0.png", ContentFile(b"picture"))
    rules.save({"files": 7}, "root")
    assert running.run()["files"] == 1
    assert not file.file.storage.exists(file.file.name)


def test_zero_keeps_for_ever() -> None:
    make_inbound(make_chat(), 20_000)
    rules.save({"inbox": 0}, "root")
    assert running.run() == {}


def test_changed_days_hold_for_the_next_run_without_a_restart() -> None:
    chat = make_chat()
    for days in (300, 40, 20, 10):
        make_inbound(chat, days)
    assert running.run(anew=False) == {"inbox": 1}
    rules.save({"inbox": 30}, "root")
    assert running.run(anew=False) == {"inbox": 1}
    rules.save({"inbox": None}, "root")
    assert running.run(anew=False) == {}
    assert InboundEvent.objects.count() == 2


def test_rows_that_could_not_go_are_looked_at_again_the_next_day() -> None:
    chat = make_chat()
    dead = make_inbound(chat, 200, "dead")
    make_inbound(chat, 200)
    assert running.run(anew=False) == {"inbox": 1}
    InboundEvent.objects.filter(pk=dead.pk).update(state="done")
    assert running.run(anew=False) == {}
    assert running.run(only=["inbox"], anew=False, now=timezone.now() + timedelta(days=1, minutes=1)) == {"inbox": 1}


def many(count: int) -> None:
    chat = make_chat()
    first = make_inbound(chat, 100)
    InboundEvent.objects.bulk_create(
        InboundEvent(
            channel=chat.channel, dedupe_key=f"m{n}", queue_key="q", kind="message", state="done",
            received_at=first.received_at, finished_at=first.finished_at,
        )
        for n in range(count - 1)
    )  # fmt: skip


def broken_after(batches: int) -> Callable[[Any], None]:
    calls = Counter[str]()

    def check(lease: Any) -> None:
        calls["all"] += 1
        if calls["all"] > batches:
            raise LeadershipLost("killed")

    return check


def test_a_run_that_is_broken_off_keeps_what_it_did_and_the_next_one_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    many(1200)
    with monkeypatch.context() as patch:
        patch.setattr(held.Held, "check", broken_after(2))
        with pytest.raises(LeadershipLost):
            running.run(only=["inbox"])
    assert InboundEvent.objects.count() == 200
    assert AuditEntry.objects.get(action="purge").counts == {"inbox": 1000}
    assert running.run(only=["inbox"]) == {"inbox": 200}


@contextmanager
def failing(monkeypatch: pytest.MonkeyPatch, model: Any) -> Iterator[None]:
    """Lets the deletion of rows of this model fail."""
    real = running._delete

    def delete(part: Any, ids: list[int], before: Any, database: str) -> int:
        if part.model is model:
            raise OSError(28, "No space left on device")
        return real(part, ids, before, database)

    with monkeypatch.context() as patch:
        patch.setattr(running, "_delete", delete)
        yield


def failures() -> dict[str, str]:
    return dict(RetentionRule.objects.exclude(failed_at=None).values_list("kind", "error"))


def test_a_kind_that_fails_keeps_no_other_and_its_row_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    chat = make_chat()
    make_inbound(chat, 100)
    make_sent(chat, 100)
    with failing(monkeypatch, InboundEvent):
        with pytest.raises(OSError, match="No space left"):
            running.run()
        running.run_scheduled()  # does not raise
    assert (InboundEvent.objects.count(), OutboundMessage.objects.count()) == (1, 0)
    assert failures() == {"inbox": "OSError: [Errno 28] No space left on device"}
    assert AuditEntry.objects.get(action="purge").counts == {"outbox": 1}
    assert running.run() == {"inbox": 1}
    assert failures() == {}


def test_days_that_are_changed_take_the_failure_with_them(monkeypatch: pytest.MonkeyPatch) -> None:
    make_inbound(make_chat(), 100)
    with failing(monkeypatch, InboundEvent), pytest.raises(OSError, match="No space left"):
        running.run()
    rules.save({"inbox": 0}, "root")
    assert failures() == {}


def test_what_goes_without_days_notes_its_failure_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(now: Any, check: Any) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(running.stray_files, "delete_stray", full)
        with pytest.raises(OSError, match="No space left"):
            running.run()
    assert list(failures()) == [RetentionRule.WITHOUT_DAYS]
    running.run()
    assert failures() == {}


def test_a_row_that_becomes_old_during_the_run_waits_for_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    chat = make_chat()
    make_inbound(chat, 91)
    make_inbound(chat, 90 - 1 / 24)
    assert running.run(now=NOW) == {"inbox": 1}
    assert InboundEvent.objects.count() == 1


def test_only_one_process_runs_it() -> None:
    assert held.take(running.DUTY) is not None
    with pytest.raises(RetentionError, match="Another process"):
        running.run()
    running.run_scheduled()  # says nothing and does nothing


def test_a_kind_alone() -> None:
    chat = make_chat()
    make_inbound(chat, 200)
    make_sent(chat, 200)
    assert running.run(only=["outbox"]) == {"outbox": 1}
    assert InboundEvent.objects.count() == 1
