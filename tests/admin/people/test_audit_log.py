"""The audit log is append-only: nothing in the product changes or deletes a row."""

from __future__ import annotations

import pytest
from django.utils.translation import override

from bots.admin.people import audit_texts
from bots.models import AuditEntry, BotAccess
from bots.models.audit import AppendOnly
from bots.people import audit_log, erasure, export
from tests.admin.builders import address, login, make_bot, make_channel, make_conversation, make_user

pytestmark = pytest.mark.django_db


def make_entry(slug: str = "ada") -> AuditEntry:
    person = make_conversation(make_channel(make_bot(slug)), f"{slug}-person").person
    return audit_log.record(audit_log.Action.EXPORT, person, make_user(f"{slug}-user"), counts={"memories": 3})


def test_a_row_is_neither_changed_nor_deleted() -> None:
    entry = make_entry()
    entry.actor = "nobody"
    for attempt in (
        entry.save,
        entry.delete,
        AuditEntry.objects.all().delete,
        lambda: AuditEntry.objects.filter(pk=entry.pk).update(actor="nobody"),
    ):
        with pytest.raises(AppendOnly):
            attempt()
    assert AuditEntry.objects.get().actor == "ada-user"


def test_the_admin_shows_it_and_offers_no_way_to_change_it() -> None:
    entry = make_entry()
    client = login(make_user())
    page = client.get(address(AuditEntry, "change", entry.pk)).content.decode()
    assert '<span class="claw-grow">memories</span> 3' in page
    assert 'name="_save"' not in page
    assert client.post(address(AuditEntry, "delete", entry.pk), {"post": "yes"}).status_code == 403
    assert client.post(address(AuditEntry, "change", entry.pk), {"actor": "x"}).status_code == 403


def test_it_names_a_person_by_a_hash_that_only_the_same_person_has() -> None:
    first, second = make_entry("one"), make_entry("two")
    assert first.person_hash != second.person_hash
    assert "one-person" not in str(first.__dict__)


def test_staff_see_the_rows_of_their_own_bots_only() -> None:
    mine, theirs = make_entry("mine"), make_entry("theirs")
    user = make_user("staff", superuser=False)
    BotAccess.objects.create(user=user, bot_id=mine.bot_id, role=BotAccess.Role.VIEWER)
    listed = login(user).get(address(AuditEntry, "changelist"))
    assert [row.pk for row in listed.context["cl"].queryset] == [mine.pk]
    assert login(user).get(address(AuditEntry, "change", theirs.pk)).status_code == 302


def test_rows_outlive_the_bot() -> None:
    entry = make_entry()
    from bots.models import Bot

    Bot.objects.all().delete()
    assert AuditEntry.objects.get(pk=entry.pk).bot_slug == "ada"


def test_the_list_speaks_the_readers_language() -> None:
    person = make_conversation(make_channel(make_bot())).person
    audit_log.record(
        audit_log.Action.ERASE, person, audit_log.HIMSELF, counts={"memories": 52, "waiting": 0, "sent_files": 1}
    )
    audit_log.record(audit_log.Action.DELETE, person, audit_log.COMMAND, counts={"memories": 0})
    client = login(make_user("operator"), "zh-hans")
    shown = client.get(address(AuditEntry, "changelist")).content.decode()
    for words in ("操作人", "用户本人", "命令行", "记忆 52，发送的文件 1", "记忆 0"):
        assert words in shown
    for words in ("谁说的", "the person", "command line", "memories", "waiting"):
        assert words not in shown


@pytest.mark.parametrize(("language", "words"), [("en", "found by words again"), ("zh-hans", "按词语仍能找到")])
def test_a_proof_is_a_list_of_figures_and_no_json(language: str, words: str) -> None:
    person = make_conversation(make_channel(make_bot())).person
    found = {"rows": 0, "by_words": {"asked": 20, "found": 0}, "rows_1": 4, "of_later": 7}
    entry = audit_log.record(
        audit_log.Action.PROOF, person, audit_log.HIMSELF, proof=found, result=audit_log.Result.FAILED
    )
    shown = login(make_user(), language).get(address(AuditEntry, "change", entry.pk)).content.decode()
    name, value = (
        ("rows of the memory (2)", "0 in 20 searches") if language == "en" else ("记忆行（2）", "20 次检索，找到 0 条")
    )
    assert f'<span class="claw-grow">{words}</span> {value}' in shown
    assert f'<span class="claw-grow">{name}</span> 4' in shown
    assert '<span class="claw-grow">of_later</span> 7' in shown
    assert "by_words" not in shown
    assert "claw-json" not in shown


def test_everything_an_erasure_or_an_export_counts_has_words() -> None:
    person = make_conversation(make_channel(make_bot())).person
    export.document(person, audit_log.COMMAND)
    erasure.erase(person, audit_log.COMMAND)
    noted = {name for entry in AuditEntry.objects.all() for name in (*entry.counts, *entry.proof)}
    with override("zh-hans"):
        assert [what for what, _number in audit_texts.pairs(dict.fromkeys(noted, 1)) if what.isascii()] == []
