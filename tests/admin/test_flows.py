"""The pages of flows: who may write them, what is refused, versions, secrets, examples and the trial."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from bots.models import AuditEntry, Bot, BotAccess
from skills.flow_templates import TEMPLATES
from skills.models import FlowDefinition
from tests.admin.builders import address, login, make_bot, make_user
from tests.skills.test_flows import STEPS, make_flow

pytestmark = [pytest.mark.django_db, pytest.mark.databases]

PUBLIC = "https://93.184.215.14/hook"


def posting(url: str) -> dict[str, Any]:
    return {
        "steps": [
            {"kind": "collect", "slot": "name", "question": {"en": "Your name?"}},
            {"kind": "confirm"},
            {"kind": "act", "do": "webhook", "url": url},
        ]
    }


def form(definition: Any = None, **values: Any) -> dict[str, Any]:
    text = definition if isinstance(definition, str) else json.dumps(definition or STEPS)
    return {"name": "visit", "enabled": "on", "triggers": "visit\n来访", "definition": text, **values}


def manager(*bots: Bot, name: str = "mia", role: str = BotAccess.Role.MANAGER) -> User:
    user = make_user(name, superuser=False)
    for bot in bots:
        BotAccess.objects.create(user=user, bot=bot, role=role)
    return User.objects.get(pk=user.pk)


def errors(response: Any) -> str:
    return str(response.context["adminform"].form.errors)


def test_a_superuser_adds_a_flow_for_all_bots_and_the_change_is_recorded() -> None:
    client = login(make_user())
    response = client.post(address(FlowDefinition, "add"), form(all_bots="on"))
    assert response.status_code == 302
    row = FlowDefinition.objects.get()
    assert (row.triggers, row.all_bots, row.version, row.flow().name) == (["visit", "来访"], True, 1, "visit")
    assert row.secret == ""  # it posts nothing
    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.action) == ("root", AuditEntry.Action.ADDED)
    assert "definition" in entry.field_names


@pytest.mark.parametrize(
    ("definition", "part"),
    [
        ("{", "JSON"),
        ({"steps": []}, "1 to 100"),
        ({"steps": [{"kind": "fly"}]}, "steps[0].kind"),
        ({"steps": [{"kind": "act", "do": "webhook", "url": PUBLIC}]}, "confirm"),
        ({"steps": [{"kind": "say", "text": "x"}], "colour": "red"}, "colour"),
        ("[1]", "flow"),
    ],
)
def test_a_wrong_definition_is_refused_with_its_place(definition: Any, part: str) -> None:
    response = login(make_user()).post(address(FlowDefinition, "add"), form(definition, all_bots="on"))
    assert response.status_code == 200
    assert part in errors(response)
    assert not FlowDefinition.objects.exists()


def test_only_a_change_of_the_steps_is_a_new_version() -> None:
    row = make_flow("visit", all_bots=True)
    client = login(make_user())
    client.post(address(FlowDefinition, "change", row.pk), form(all_bots="on", triggers="visit"))
    row.refresh_from_db()
    assert row.version == 1
    changed = {"steps": [*STEPS["steps"], {"kind": "say", "text": {"en": "Bye."}}]}
    client.post(address(FlowDefinition, "change", row.pk), form(changed, all_bots="on"))
    row.refresh_from_db()
    assert (row.version, row.flow().version, len(row.flow().steps)) == (2, 2, 2)


def test_a_manager_writes_flows_for_his_bots_only() -> None:
    mine, other = make_bot("mine"), make_bot("other")
    client = login(manager(mine))
    assert client.post(address(FlowDefinition, "add"), form(bots=[mine.pk], all_bots="on")).status_code == 302
    row = FlowDefinition.objects.get()
    assert (row.all_bots, list(row.bots.all())) == (False, [mine])
    refused = client.post(address(FlowDefinition, "add"), form(name="two", bots=[other.pk]))
    assert "bots" in errors(refused)
    assert "Choose at least one bot" in errors(client.post(address(FlowDefinition, "add"), form(name="two")))
    assert FlowDefinition.objects.count() == 1


def test_a_manager_neither_sees_nor_changes_flows_of_other_bots() -> None:
    mine, other = make_bot("mine"), make_bot("other")
    client = login(manager(mine))
    theirs, shared = make_flow("theirs", other), make_flow("shared", mine, other)
    of_all = make_flow("of-all", all_bots=True)
    page = client.get(address(FlowDefinition, "changelist")).content.decode()
    assert ("theirs" in page, "shared" in page, "of-all" in page) == (False, True, True)
    for row in (theirs, shared, of_all):
        client.post(address(FlowDefinition, "change", row.pk), form(name="mine-now", bots=[mine.pk]))
        client.post(address(FlowDefinition, "delete", row.pk), {"post": "yes"})
    assert set(FlowDefinition.objects.values_list("name", flat=True)) == {"theirs", "shared", "of-all"}


def test_a_viewer_reads_and_nothing_more() -> None:
    bot = make_bot()
    row = make_flow("visit", bot)
    client = login(manager(bot, name="vi", role=BotAccess.Role.VIEWER))
    page = client.get(address(FlowDefinition, "change", row.pk)).content.decode()
    assert "Hello." in page
    assert row.secret not in page
    assert 'name="secret"' not in page
    client.post(address(FlowDefinition, "change", row.pk), form(bots=[bot.pk], triggers="other"))
    row.refresh_from_db()
    assert row.triggers == ["visit"]
    assert client.get(address(FlowDefinition, "add")).status_code == 403


@pytest.mark.parametrize("url", ["http://127.0.0.1:8080/hook", "http://10.1.2.3/", "http://localhost/"])
def test_only_a_superuser_enters_a_private_address(url: str) -> None:
    bot = make_bot()
    refused = login(manager(bot)).post(address(FlowDefinition, "add"), form(posting(url), bots=[bot.pk]))
    assert "private network" in errors(refused)
    assert login(make_user()).post(address(FlowDefinition, "add"), form(posting(url), bots=[bot.pk])).status_code == 302
    assert FlowDefinition.objects.get().public_only is False


def test_an_address_of_a_manager_stays_public_when_a_superuser_changes_other_steps() -> None:
    bot = make_bot()
    login(manager(bot)).post(address(FlowDefinition, "add"), form(posting(PUBLIC), bots=[bot.pk]))
    row = FlowDefinition.objects.get()
    assert row.public_only is True
    longer = {"steps": [*posting(PUBLIC)["steps"], {"kind": "say", "text": {"en": "Thanks."}}]}
    # the box "public addresses only" is ticked, as the page shows it
    login(make_user()).post(address(FlowDefinition, "change", row.pk), form(longer, bots=[bot.pk], public_only="on"))
    row.refresh_from_db()
    assert (row.public_only, row.version) == (True, 2)


def test_a_secret_is_made_shown_once_and_replaced() -> None:
    client = login(make_user())
    shown = client.post(address(FlowDefinition, "add"), form(posting(PUBLIC), all_bots="on"), follow=True)
    row = FlowDefinition.objects.get()
    assert row.secret in shown.content.decode()
    page = client.get(address(FlowDefinition, "change", row.pk)).content.decode()
    assert row.secret not in page
    client.post(address(FlowDefinition, "change", row.pk), form(posting(PUBLIC), all_bots="on", secret="mine-0815"))
    row.refresh_from_db()
    assert row.secret == "mine-0815"
    assert "secret" in AuditEntry.objects.order_by("-pk")[0].field_names
    assert "mine-0815" not in str(list(AuditEntry.objects.values()))


@pytest.mark.parametrize(("language", "words"), [("en", "Move up"), ("zh-hans", "上移")])
def test_the_page_has_the_editor_the_trial_and_the_diagram(language: str, words: str) -> None:
    triggers, definition = TEMPLATES["ticket"]
    row = make_flow("ticket", all_bots=True, triggers=list(triggers), definition=definition)
    page = login(make_user(), language).get(address(FlowDefinition, "change", row.pk)).content.decode()
    assert json.dumps(words)[1:-1] in page or words in page
    assert "data-claw-flow" in page
    assert "data-claw-try" in page
    assert "<svg" in page
    assert "clawdbot_admin/flow.js" in page


def test_texts_of_a_flow_cannot_leave_the_diagram_or_the_editor() -> None:
    evil = "</script></svg><img src=x onerror=alert(1)>"
    row = make_flow("ticket", all_bots=True, definition={"title": {"en": evil}, "steps": [
        {"kind": "collect", "slot": "a", "question": {"en": evil}}]})  # fmt: skip
    page = login(make_user()).get(address(FlowDefinition, "change", row.pk)).content.decode()
    assert "<img src=x" not in page


def test_the_examples_are_added_switched_off_and_with_a_free_name() -> None:
    bot = make_bot()
    client = login(manager(bot))
    where = reverse("admin:skills_flowdefinition_example")
    for _ in range(2):
        assert client.post(where, {"name": "ticket"}).status_code == 302
    rows = FlowDefinition.objects.order_by("name")
    assert [(row.name, row.enabled, list(row.bots.all())) for row in rows] == [
        ("ticket", False, [bot]),
        ("ticket-2", False, [bot]),
    ]
    assert AuditEntry.objects.filter(action=AuditEntry.Action.ADDED).count() == 2
    client.post(where, {"name": "no-such"})
    assert client.get(where).status_code == 403
    assert FlowDefinition.objects.count() == 2


def test_the_trial_plays_the_steps_of_the_form_without_effects() -> None:
    client = login(make_user())
    where = reverse("admin:skills_flowdefinition_try")
    sent = form(posting("http://127.0.0.1:9/hook"), said=["Ann", "yes"], language="en")
    assert client.post(where, sent).json() == {
        "lines": [
            {"who": "bot", "text": "Your name?"},
            {"who": "person", "text": "Ann"},
            {"who": "bot", "text": "Is that right?\n- name: Ann"},
            {"who": "person", "text": "yes"},
            {"who": "note", "text": 'Would post to http://127.0.0.1:9/hook: {"name": "Ann"}'},
        ],
        "problem": "",
    }
    assert "1" in client.post(where, form({"steps": []}, language="en")).json()["problem"]
    assert client.post(where, form("{", language="zh-hans")).json()["lines"] == []
    assert not FlowDefinition.objects.exists()
    stranger = make_user("nobody", superuser=False)
    assert login(stranger).post(where, sent).status_code == 403
