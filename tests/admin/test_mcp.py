"""The pages of MCP servers and their tools: who may add what, where secrets go, approval, and the box to try."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from bots.models import AuditEntry, Bot, BotAccess
from skills.mcp import catalogue, tools
from skills.mcp.models import McpGrant, McpServer, McpTool
from tests.admin.builders import MCP_KEY, address, login, make_bot, make_tool, make_user
from tests.skills.mcp.builders import GOOD, RUDE, list_tools, make_server

pytestmark = pytest.mark.django_db
LIMITS = {"start_limit_s": 20, "call_limit_s": 30, "refresh_minutes": 30}


def form(**values: Any) -> dict[str, Any]:
    return {"name": "web", "transport": "http", "url": "https://8.8.8.8/mcp", "enabled": "on", **LIMITS, **values}


def program(**values: Any) -> dict[str, Any]:
    return form(name="prog", transport="stdio", url="", command="npx", arguments="-y\nsome server", **values)


def staff(*models: str) -> Client:
    user = make_user("staff", superuser=False)
    user.user_permissions.add(*Permission.objects.filter(content_type__model__in=models))
    return login(user)


def problems(response: Any) -> str:
    assert response.status_code == 200, "the form was taken"
    return " ".join(str(response.context["adminform"].form.errors).split())


def logged() -> list[tuple[str, str]]:
    rows = AuditEntry.objects.order_by("pk").values_list("action", "subject")
    return [(action, subject.split()[0]) for action, subject in rows]


# Servers


def test_a_superuser_adds_a_program_with_its_variables() -> None:
    login(make_user()).post(address(McpServer, "add"), program(secrets="TOKEN=abc=1\n\nMODE=x"))
    server = McpServer.objects.get()
    assert (server.command, server.arguments) == ("npx", ["-y", "some server"])
    assert server.secrets == {"TOKEN": "abc=1", "MODE": "x"}
    assert logged() == [("added", "skills.mcpserver")]


def test_only_superusers_add_and_change_programs() -> None:
    client = staff("mcpserver")
    assert "Only a superuser" in problems(client.post(address(McpServer, "add"), program()))
    server = make_server("prog")
    page = address(McpServer, "change", server.pk)
    assert client.get(page).status_code == 200
    assert client.post(page, form(name="prog")).status_code == 403
    assert client.post(address(McpServer, "delete", server.pk), {"post": "yes"}).status_code == 403
    web = McpServer.objects.create(name="web", url="https://8.8.8.8/mcp")
    moved = client.post(address(McpServer, "change", web.pk), program())
    assert "Only a superuser" in problems(moved)


def test_staff_reach_public_addresses_only() -> None:
    client = staff("mcpserver")
    refused = client.post(address(McpServer, "add"), form(url="http://127.0.0.1:9000/mcp"))
    assert "private network" in problems(refused)
    assert client.post(address(McpServer, "add"), form()).status_code == 302
    assert McpServer.objects.get().public_only
    login(make_user()).post(address(McpServer, "add"), form(name="inside", url="http://127.0.0.1:9000/mcp"))
    assert not McpServer.objects.get(name="inside").public_only


@pytest.mark.parametrize("url", ["", "ftp://x/mcp", "mcp.example.com", "https://", "https://user:pass@8.8.8.8/mcp"])
def test_an_address_must_be_one(url: str) -> None:
    assert "address" in problems(login(make_user()).post(address(McpServer, "add"), form(url=url)))


def test_another_address_needs_the_headers_again() -> None:
    client = login(make_user())
    client.post(address(McpServer, "add"), form(secrets="Authorization: Bearer abcdef"))
    server = McpServer.objects.get()
    page = address(McpServer, "change", server.pk)
    moved = form(url="https://evil.example/mcp")
    assert "enter its headers" in problems(client.post(page, moved))
    assert client.post(page, form(url="https://8.8.8.8/other", call_limit_s=5)).status_code == 302
    server.refresh_from_db()
    assert server.secrets == {"Authorization": "Bearer abcdef"}
    assert client.post(page, {**moved, "remove_secrets": "on"}).status_code == 302
    server.refresh_from_db()
    assert (server.url, server.secrets_encrypted) == ("https://evil.example/mcp", "")


def test_other_arguments_need_the_variables_again() -> None:
    client = login(make_user())
    client.post(address(McpServer, "add"), program(secrets="TOKEN=abcdef"))
    page = address(McpServer, "change", McpServer.objects.get().pk)
    assert "enter its headers" in problems(client.post(page, {**program(), "arguments": "-y\nevil"}))
    assert client.post(page, program(call_limit_s=5)).status_code == 302


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        (form, "X-No-Value"),
        (form, "Host: other"),
        (form, "X-Key: 钥匙"),
        (program, "TOKEN: abc"),
        (program, "1A=abc"),
    ],
)
def test_a_bad_line_of_secrets_is_named_and_not_shown(kind: Any, line: str) -> None:
    response = login(make_user()).post(address(McpServer, "add"), kind(secrets=f"\n{line}"))
    assert "Line 2 must be" in problems(response)
    assert line not in response.content.decode()


@pytest.mark.parametrize("name", ["GitHub", "a__b", "", "a b", "x" * 25, "_a"])
def test_a_name_that_cannot_begin_a_call_is_refused(name: str) -> None:
    assert "name" in problems(login(make_user()).post(address(McpServer, "add"), form(name=name)))


@pytest.mark.django_db(transaction=True)
def test_a_new_server_lists_its_tools_as_soon_as_it_is_saved() -> None:
    values = {**program(), "name": "good", "command": sys.executable, "arguments": GOOD}
    page = login(make_user()).post(address(McpServer, "add"), values, follow=True)
    assert McpTool.objects.count() == 11
    assert "good lists 11 tools" in page.content.decode()


def test_a_transaction_does_not_wait_for_a_server() -> None:
    """The page is saved in one; while it is open, nobody else writes to SQLite."""
    login(make_user()).post(address(McpServer, "add"), {**program(), "command": sys.executable, "arguments": GOOD})
    assert McpServer.objects.get().last_ok_at is None, "the list is read after the commit, which a test does not make"


@pytest.mark.django_db(transaction=True)
def test_save_and_list_connects_and_tells_what_it_found() -> None:
    client = login(make_user())
    server = make_server("good", GOOD)
    values = {
        **program(),
        "name": "good",
        "command": server.command,
        "arguments": GOOD,
        "skills_mcpserver_save_and_list": "1",
    }
    page = client.post(address(McpServer, "change", server.pk), values, follow=True).content.decode()
    assert "good lists 11 tools: 11 new, 0 changed, 0 gone." in page
    assert McpTool.objects.count() == 11
    dead = make_server("dead", RUDE, "exits")
    action = {"action": "list_selected", "_selected_action": [dead.pk]}
    page = client.post(address(McpServer, "changelist"), action, follow=True).content.decode()
    assert "dead gives no list: the program ended with code 7" in page
    html = client.get(address(McpServer, "change", dead.pk)).content.decode()
    assert "no licence found" in html


def test_no_page_shows_a_secret_and_the_names_are_shown() -> None:
    make_tool(make_bot())
    html = login(make_user()).get(address(McpServer, "change", McpServer.objects.get().pk)).content.decode()
    assert "Authorization" in html
    assert MCP_KEY not in html


# Tools and approval


def inline(tool: McpTool, *rows: dict[str, Any], version: str | None = None, initial: int = 0) -> dict[str, Any]:
    values: dict[str, Any] = {
        "effects": ["reads"],
        "grants-TOTAL_FORMS": len(rows),
        "grants-INITIAL_FORMS": initial,
    }
    for number, row in enumerate(rows):
        shown = tool.fingerprint if version is None else version
        values |= {f"grants-{number}-{name}": value for name, value in {"version": shown, **row}.items()}
    return values


def tool_of(bot: Bot | None = None) -> McpTool:
    made = make_tool(bot or make_bot("other"))
    McpGrant.objects.all().delete()
    return made


def test_a_tool_is_allowed_to_a_bot_and_classed_on_its_page() -> None:
    bot = make_bot()
    tool = tool_of()
    client = login(make_user())
    response = client.post(address(McpTool, "change", tool.pk), inline(tool, {"bot": bot.pk}))
    assert response.status_code == 302
    (found,) = tools.of_bot(bot.pk, "en")
    assert (found.name, found.approval) == ("server0__search", False)
    assert ("added", "skills.mcpgrant") in logged()
    assert ("changed", "skills.mcptool") in logged()


def test_a_tool_that_changed_while_it_was_read_is_not_allowed() -> None:
    bot = make_bot()
    tool = tool_of()
    client = login(make_user())
    response = client.post(address(McpTool, "change", tool.pk), inline(tool, {"bot": bot.pk}, version="older"))
    assert "changed while you read it" in response.content.decode()
    assert not McpGrant.objects.exists()


def test_a_suspended_tool_is_shown_with_what_it_was_and_approved_again() -> None:
    bot = make_bot()
    tool = make_tool(bot)
    grant = McpGrant.objects.get()
    McpTool.objects.update(fingerprint="b", description="Searches and pays.")
    tool.refresh_from_db()
    client = login(make_user())
    page = address(McpTool, "change", tool.pk)
    html = client.get(page).content.decode()
    assert "suspended" in html
    assert "Searches p0." in html
    assert "Searches and pays." in html
    row = {"id": grant.pk, "bot": bot.pk, "tool": tool.pk}
    client.post(page, inline(tool, row, initial=1))
    assert McpGrant.objects.select_related("tool").get().suspended
    client.post(page, inline(tool, {**row, "approve": "on"}, initial=1))
    catalogue.clear_cache()
    assert len(tools.of_bot(bot.pk, "en")) == 1


def test_a_manager_sees_and_allows_for_his_bots_only() -> None:
    mine, other = make_bot("mine"), make_bot("other")
    tool = make_tool(other)
    user = make_user("manager", superuser=False)
    BotAccess.objects.create(user=user, bot=mine, role=BotAccess.Role.MANAGER)
    client = login(User.objects.get(pk=user.pk))
    page = address(McpTool, "change", tool.pk)
    html = client.get(page).content.decode()
    assert "mine" in html.lower()
    assert ">Other<" not in html
    client.post(page, {**inline(tool, {"bot": other.pk}), "effects": ["outside"]})
    assert McpGrant.objects.filter(bot=mine).count() == 0
    client.post(page, {**inline(tool, {"bot": mine.pk}), "effects": ["reads"]})
    assert McpGrant.objects.filter(bot=mine).count() == 1
    tool.refresh_from_db()
    assert tool.effects == ["destructive", "outside"], "a manager of one bot does not class a tool of all bots"
    assert {row.pk for row in client.get(address(McpGrant, "changelist")).context["cl"].queryset} == {
        McpGrant.objects.get(bot=mine).pk
    }


def test_only_reads_excludes_other_effects() -> None:
    tool = tool_of()
    response = login(make_user()).post(
        address(McpTool, "change", tool.pk), {**inline(tool), "effects": ["reads", "outside"]}
    )
    assert "excludes the others" in problems(response)


def test_a_tool_is_tried_for_real() -> None:
    rows = {row.name: row for row in list_tools(make_server("good", GOOD))}
    page = f"/admin/skills/mcptool/{rows['add'].pk}/try/"
    client = login(make_user())
    assert "&quot;a&quot;: 0" in client.get(page).content.decode()
    html = client.post(page, {"arguments": '{"a": 20, "b": 22}'}).content.decode()
    assert '<pre class="claw-json" id="result">42</pre>' in html
    assert logged() == [("changed", "skills.mcptool")]
    assert "are no JSON" in client.post(page, {"arguments": "{"}).content.decode()
    assert "must be a JSON object" in client.post(page, {"arguments": "[]"}).content.decode()
    assert "It failed" in client.post(page, {"arguments": '{"a": "x"}'}).content.decode()
    McpServer.objects.update(enabled=False)
    assert "switched off" in client.post(page, {"arguments": "{}"}).content.decode()


def test_who_may_not_change_tools_may_not_try_them() -> None:
    tool = tool_of()
    page = f"/admin/skills/mcptool/{tool.pk}/try/"
    assert staff("mcpserver").get(page).status_code == 403
    assert login(make_user()).get("/admin/skills/mcptool/999/try/").status_code == 404


def test_the_dashboard_names_dead_servers() -> None:
    from django.utils import timezone

    make_tool(make_bot())
    client = login(make_user())
    assert "MCP servers down" not in client.get("/admin/").content.decode()
    McpServer.objects.update(last_error_at=timezone.now(), last_ok_at=None)
    assert "MCP servers down" in client.get("/admin/").content.decode()
