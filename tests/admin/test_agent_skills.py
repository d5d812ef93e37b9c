"""The pages of agent skills: upload, review and switching on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile

from bots.models import AuditEntry
from skills.instructions import catalogue, tools
from skills.instructions.models import InstructionGrant, InstructionSkill
from tests.admin.builders import address, login, make_bot, make_user
from tests.conftest import Configured
from tests.skills.instructions.builders import MANIFEST, packed

pytestmark = pytest.mark.django_db
FILES: dict[str, str | bytes] = {"SKILL.md": MANIFEST, "references/a.md": "alpha <b>", "scripts/run.sh": "rm -rf /"}


def upload(client: Any, data: bytes) -> Any:
    file = SimpleUploadedFile("skill.zip", data, "application/zip")
    return client.post(address(InstructionSkill, "add"), {"zip": file}, follow=True)


def test_a_zip_is_reviewed_and_switched_on_for_a_bot() -> None:
    client, bot = login(make_user()), make_bot()
    page = upload(client, packed(FILES)).content.decode()
    skill = InstructionSkill.objects.get()
    assert "price-list" in page
    html = client.get(address(InstructionSkill, "change", skill.pk)).content.decode()
    assert "Read references/prices.md first." in html
    assert "alpha &lt;b&gt;" in html
    assert "rm -rf /" in html
    assert "Bash(git add:*)" in html
    assert "Nothing is granted by this" in html
    assert tools.of_bot(bot.pk, "en") == ()
    values = {
        "grants-TOTAL_FORMS": 1,
        "grants-INITIAL_FORMS": 0,
        "grants-0-bot": bot.pk,
        "grants-0-version": skill.fingerprint,
    }
    client.post(address(InstructionSkill, "change", skill.pk), values)
    assert [one.name for one in tools.of_bot(bot.pk, "en")] == ["use_skill", "read_skill_file"]
    rows = AuditEntry.objects.order_by("pk").values_list("action", "subject")
    assert [(action, subject.split()[0]) for action, subject in rows] == [
        ("added", "skills.instructionskill"),
        ("added", "skills.instructiongrant"),
    ]


def test_a_second_upload_suspends_what_was_switched_on() -> None:
    client, bot = login(make_user()), make_bot()
    upload(client, packed(FILES))
    grant = InstructionGrant(bot=bot, skill=InstructionSkill.objects.get())
    grant.approve()
    grant.save()
    page = upload(client, packed({**FILES, "references/a.md": "beta"})).content.decode()
    assert "It replaces the skill of this name" in page
    catalogue.clear_cache()
    assert tools.of_bot(bot.pk, "en") == ()
    assert "changed: look at it again" in client.get(address(InstructionSkill, "changelist")).content.decode()


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"no zip", "This is no zip file"),
        (packed({"price-list.md": MANIFEST}), "There is no SKILL.md."),
        (packed({"SKILL.md": MANIFEST, "../a.md": ""}), "leads out of the folder"),
        (packed({"SKILL.md": MANIFEST.replace("price-list", "Price List")}), "Line 2"),
    ],
)
def test_a_bad_zip_says_why(data: bytes, told: str) -> None:
    assert told in upload(login(make_user()), data).content.decode()
    assert not InstructionSkill.objects.exists()
    assert not AuditEntry.objects.exists()


def test_the_folder_of_the_settings_is_read_by_a_button(tmp_path: Path, configured: Configured) -> None:
    client = login(make_user())
    listed = address(InstructionSkill, "changelist")
    assert "Read the folder now" not in client.get(listed).content.decode()
    (tmp_path / "price-list").mkdir()
    (tmp_path / "price-list" / "SKILL.md").write_text(MANIFEST, "utf8")
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "SKILL.md").write_text("nothing", "utf8")
    configured("agent_skills", folder=str(tmp_path))
    assert "Read the folder now" in client.get(listed).content.decode()
    page = client.post("/admin/skills/instructionskill/folder/", follow=True).content.decode()
    assert "1 skill is new or changed." in page
    assert "bad: Line 1" in page
    user = make_user("staff", superuser=False)
    user.user_permissions.add(Permission.objects.get(codename="view_instructionskill"))
    InstructionSkill.objects.all().delete()
    login(user).post("/admin/skills/instructionskill/folder/")
    assert not InstructionSkill.objects.exists()
