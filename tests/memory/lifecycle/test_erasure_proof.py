"""Erasure is one operation and proves itself. Other products: "erased from the list, still found by search"."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.admin.models import LogEntry

from bots.models import AuditEntry, Conversation, Identity, InboundEvent, Message, OutboundMessage, Person, TurnUsage
from bots.people import erasure, export
from memory import database
from memory.embedders import current
from memory.models import MemoryEntry
from memory.storage import embedding_backfill, port
from memory.store import MemoryStore
from memory.types import Scope
from tests.memory.builders import MORNING, found, other_person, person, say

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]
WORDS = "My sister lives in Chengdu"


def person_of(scope: Scope) -> Person:
    return Person.objects.select_related("bot").get(pk=scope.person_id)


def chat(scope: Scope, name: str = "chat-1") -> Message:
    """Makes a conversation with a question, its answer in the outbox, usage and inbound events."""
    from bots.models import Channel

    channel, _ = Channel.objects.get_or_create(bot_id=scope.bot_id, platform="web")
    Identity.objects.create(person_id=scope.person_id, channel=channel, external_id=name)
    talk = Conversation.objects.create(bot_id=scope.bot_id, person_id=scope.person_id, channel=channel, chat_id=name)
    event = InboundEvent.objects.create(
        channel=channel, dedupe_key=name, queue_key=f"{channel.pk}:{name}:", kind="message", conversation=talk,
        payload={"text": WORDS, "user_id": name},
    )  # fmt: skip
    # an event without a conversation contains words, too
    InboundEvent.objects.create(
        channel=channel, dedupe_key=f"{name}-2", queue_key="elsewhere", kind="reaction", state="ignored",
        payload={"user_id": name, "text": WORDS},
    )  # fmt: skip
    asked = Message.objects.create(conversation=talk, person_id=scope.person_id, inbound=event, role="user", text=WORDS)
    answer = Message.objects.create(conversation=talk, person_id=scope.person_id, role="assistant", text=WORDS)
    OutboundMessage.objects.create(
        channel=channel, conversation=talk, message=answer, queue_key=event.queue_key, payload={"text": WORDS}
    )
    TurnUsage.objects.create(bot_id=scope.bot_id, person_id=scope.person_id, conversation=talk, provider="main")
    return asked


def derive(scope: Scope, source: int) -> int:
    fact = MemoryEntry(
        bot_id=scope.bot_id, person_id=scope.person_id, kind="fact", text=f"fact: {WORDS}", content_hash=b"0" * 16,
        tokens="sister chengdu", occurred_at=MORNING, last_seen_at=MORNING, day=MORNING.date(),
    )  # fmt: skip
    fact.save()
    port.store().add_sources(fact.pk, [source])
    return fact.pk


def proofs() -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(action="erase_proof").order_by("id"))


def test_forgetting_removes_rows_words_vectors_caches_and_what_was_derived_and_proves_it() -> None:
    ann = person()
    bob = other_person(ann)
    first = say(ann, WORDS, "I like tea")[0]
    derive(ann, first)
    say(bob, WORDS)
    embedding_backfill.embed_waiting()
    store = MemoryStore(ann.bot_id)
    vector = current.current().embed_queries([WORDS])[0]
    assert found(ann, WORDS)
    assert store.get_recent_memory(ann.person_id)

    erased = erasure.erase_memories(person_of(ann), "root")

    assert erased.memories == 3
    assert erased.found["by_meaning"]["asked"] == 3
    assert erased.found["by_words"]["asked"] == 3
    assert (found(ann, WORDS), store.vector_index.search(ann, vector, 5)) == ([], [])
    assert store.get_recent_memory(ann.person_id) == ()
    assert port.store().count_links(ann, None, 1 << 40) == 0
    assert found(bob, WORDS) == [WORDS]
    (proof,) = proofs()
    assert proof.result == "proved"
    assert proof.proof["rows"] == 0
    assert AuditEntry.objects.get(action="erase").counts["memories"] == 3


@pytest.mark.usefixtures("words_only")
def test_one_memory_goes_with_its_copies_and_the_proof_asks_for_no_more() -> None:
    ann = person()
    secret = say(ann, "My code is 4711")[0]
    say(ann, "my code is 4711!", "I like tea")
    erased = erasure.erase_memories(person_of(ann), "root", [secret])
    assert erased.memories == 2
    assert found(ann, "code 4711") == ["I like tea"]
    assert proofs()[0].result == "proved"
    assert AuditEntry.objects.get(action="delete").actor == "root"


@pytest.mark.usefixtures("words_only")
def test_a_whole_person_goes_from_every_table_and_from_the_disk() -> None:
    ann = person()
    bob = other_person(ann)
    asked = chat(ann)
    chat(bob, "chat-2")
    say(ann, WORDS, message_id=asked.pk, conversation_id=asked.conversation_id)
    kept = export.save(person_of(ann), "root")
    assert WORDS in kept.read_text("utf8")

    erased = erasure.erase(person_of(ann), "root")

    assert erased.counts["events"] == 2
    assert proofs()[0].result == "proved"
    assert not kept.exists()
    for model in (Conversation, Identity, TurnUsage, OutboundMessage):
        assert model._default_manager.count() == 1, model
    assert InboundEvent.objects.count() == 2
    assert Message.objects.count() == 2
    assert list(Person.objects.values_list("pk", flat=True)) == [bob.person_id]


@pytest.mark.usefixtures("words_only")
def test_what_the_person_said_in_a_group_goes_from_the_groups_memory_too() -> None:
    ann = person()
    group = other_person(ann)
    chat(ann)
    talk = chat(group, "group:-100").conversation
    said = Message.objects.create(conversation=talk, person_id=ann.person_id, role="user", text=WORDS)
    say(group, WORDS, message_id=said.pk)
    say(group, "The meeting is on Monday")
    erasure.erase(person_of(ann), "root")
    assert found(group, WORDS) == ["The meeting is on Monday"]
    assert not Message.objects.filter(pk=said.pk).exists()


@pytest.mark.usefixtures("words_only")
def test_an_erasure_that_left_something_says_so_loudly(monkeypatch: pytest.MonkeyPatch) -> None:
    ann = person()
    say(ann, WORDS)
    monkeypatch.setattr(MemoryStore, "erase", lambda *_: 1)
    with pytest.raises(erasure.NotProved):
        erasure.erase_memories(person_of(ann), "root")
    (alarm,) = proofs()
    assert alarm.result == "failed"
    assert alarm.proof["rows"] == 1
    assert alarm.proof["by_words"] == {"asked": 1, "found": 1}


@pytest.mark.usefixtures("words_only")
def test_the_log_and_the_admins_history_hold_no_word_of_it() -> None:
    from django.contrib.auth.models import User

    ann = person()
    entry = say(ann, WORDS)[0]
    user = User.objects.create(username="root")
    LogEntry.objects.log_actions(user.pk, MemoryEntry.objects.filter(pk=entry), 2, "", single_object=True)
    erasure.erase(person_of(ann), user)
    assert not LogEntry.objects.exists()
    kept = json.dumps([str(row.__dict__) for row in AuditEntry.objects.all()])
    assert "Chengdu" not in kept
    assert "sister" not in kept


@pytest.mark.usefixtures("words_only")
def test_words_said_after_the_erasure_are_no_failure_of_it() -> None:
    ann = person()
    say(ann, WORDS)
    erasure.erase_memories(person_of(ann), "root")
    say(ann, WORDS)
    erasure.erase_memories(person_of(ann), "root")
    assert [row.result for row in proofs()] == ["proved", "proved"]


@pytest.mark.usefixtures("words_only")
def test_nothing_is_erased_when_the_transaction_does_not_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    ann = person()
    chat(ann)
    say(ann, WORDS)

    def broken(*_: Any) -> None:
        raise RuntimeError("killed")

    monkeypatch.setattr(erasure._Records, "delete", broken)
    with pytest.raises(RuntimeError):
        erasure.erase(person_of(ann), "root")
    # two databases have no common transaction: the memories are gone, and a second erasure completes the rest
    assert found(ann, WORDS) == ([] if database.separate() else [WORDS])
    assert Message.objects.count() == 2
    assert not AuditEntry.objects.exists()


def test_exports_lie_in_a_folder_only_the_owner_can_read() -> None:
    ann = person()
    path = export.save(person_of(ann), "root")
    assert path.is_relative_to(Path(settings.CLAWDBOT.home) / "exports")
    assert path.stat().st_mode & 0o077 == 0
    assert path.parent.stat().st_mode & 0o077 == 0
    assert export.remove(person_of(ann)) == 1


@pytest.mark.usefixtures("words_only")
def test_the_index_file_of_a_large_memory_goes_too() -> None:
    from memory.models.indexes import LargeScope

    ann = person()
    bob = other_person(ann)
    say(ann, WORDS)
    LargeScope.objects.create(bot_id=ann.bot_id, person_id=ann.person_id)
    folder = Path(settings.CLAWDBOT.home) / "index"
    folder.mkdir(exist_ok=True)
    files = [folder / f"{scope.bot_id}-{scope.person_id}-0123abcd.faiss" for scope in (ann, bob)]
    for file in files:
        file.write_bytes(b"vectors")
    erasure.erase_memories(person_of(ann), "root")
    assert [file.exists() for file in files] == [False, True]
    files[1].unlink()
