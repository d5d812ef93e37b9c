"""The audit log is added to and read; nothing in the product changes or deletes a row of it."""

from __future__ import annotations

import pytest

from bots import audit
from bots.models import AuditEntry, BotAccess
from bots.models.audit import AppendOnly
from tests.admin.builders import login, make_bot, make_channel, make_conversation, make_user
from tests.admin.test_every_page_opens import address

pytestmark = pytest.mark.django_db


def make_entry(slug: str = "ada") -> AuditEntry:
    person = make_conversation(make_channel(make_bot(slug)), f"{slug}-person").person
    return audit.record(audit.Action.EXPORT, person, make_user(f"{slug}-user"), counts={"memories": 3})


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
    assert "memories 3" in page
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
