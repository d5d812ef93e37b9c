"""`manage.py mcp`: from a new server to a tool that a bot may use, and what the doctor says."""

from __future__ import annotations

import io
import json
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from bots.models import AuditEntry, Bot
from bots.tasks import refresh_tools
from skills.instructions.models import InstructionSkill
from skills.mcp import tools
from skills.mcp.models import McpGrant, McpServer, McpTool
from tests.conftest import Configured
from tests.skills.instructions.builders import MANIFEST
from tests.skills.mcp.builders import GOOD, RUDE, list_tools, make_server

pytestmark = pytest.mark.django_db


def mcp(*arguments: str) -> str:
    out = io.StringIO()
    call_command("mcp", *arguments, stdout=out)
    return out.getvalue()


def doctor() -> dict[str, dict[str, str]]:
    out = io.StringIO()
    try:
        call_command("doctor", "--json", stdout=out)
    except SystemExit:
        pass
    return {row["name"]: row for row in json.loads(out.getvalue())["findings"]}


def test_from_a_new_server_to_a_call(tmp_path: Path) -> None:
    bot = Bot.objects.create(slug="ada", name="Ada")
    secrets = tmp_path / "secrets"
    secrets.write_text("TOKEN=abc-secret\n", "utf8")
    mcp("add", "good", "--secrets-file", str(secrets), "--program", sys.executable, f"--argument={GOOD}")
    assert doctor()["MCP server good"]["text"] == "its tools were never listed"
    assert "good__add" in mcp("tools", "good")
    assert mcp("call", "good__add", '{"a": 20, "b": 22}').strip() == "42"
    assert mcp("call", "good__secret", '{"name": "TOKEN"}').strip() == "abc-secret"
    mcp("allow", "good__add", "ada", "--effects", "reads")
    assert [tool.name for tool in tools.of_bot(bot.pk, "en")] == ["good__add"]
    assert json.loads(mcp("tools", "good", "--json"))[0]["state"] == "allowed"
    assert json.loads(mcp("list", "--json"))[0]["state"] == "ok"
    assert doctor()["MCP server good"]["level"] == "ok"
    mcp("deny", "good__add", "ada")
    assert tools.of_bot(bot.pk, "en") == ()
    with pytest.raises(CommandError, match="repeat with --yes"):
        mcp("remove", "good")
    mcp("remove", "good", "--yes")
    assert not McpTool.objects.exists()
    acts = list(AuditEntry.objects.order_by("pk").values_list("action", "actor"))
    assert [action for action, _actor in acts] == [
        "added", "changed", "changed", "changed", "added", "removed", "removed",
    ]  # fmt: skip
    assert {actor for _action, actor in acts} == {AuditEntry.COMMAND}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("add", "a"), "give either"),
        (("add", "a", "--url", "https://8.8.8.8/mcp", "--program", "x"), "give either"),
        (("add", "A", "--url", "https://8.8.8.8/mcp"), "Small letters"),
        (("add", "a", "--url", "nowhere"), "must begin with"),
        (("tools", "none"), "There is no MCP server none"),
        (("call", "none__x"), "There is no MCP tool none__x"),
        (("allow", "srv__echo", "nobody"), "nobody"),
        (("allow", "srv__echo", "ada", "--effects", "magic"), "Effects are"),
        (("call", "srv__echo", "[]"), "must be a JSON object"),
        (("call", "srv__echo", "{"), "no JSON"),
    ],
)
def test_a_mistake_is_one_line(arguments: tuple[str, ...], told: str) -> None:
    Bot.objects.create(slug="ada", name="Ada")
    server = make_server("srv", RUDE, "greets")
    McpTool.objects.create(server=server, name="echo", call_name="srv__echo", fingerprint="x", schema={})
    with pytest.raises(CommandError, match=told):
        mcp(*arguments)


def test_a_dead_server_and_a_changed_tool_are_told_by_the_doctor() -> None:
    dead = make_server("dead", RUDE, "exits")
    with pytest.raises(CommandError, match="the program ended with code 7"):
        mcp("tools", "dead")
    found = doctor()["MCP server dead"]
    assert (found["level"], found["mend"]) == ("warning", "python manage.py mcp tools dead")
    tool = McpTool.objects.create(server=dead, name="a", call_name="dead__a", fingerprint="x", schema={})
    McpGrant.objects.create(bot=Bot.objects.create(slug="ada", name="Ada"), tool=tool, fingerprint="older")
    assert doctor()["approvals"]["text"].startswith("1 MCP tools and 0 agent skills were changed")
    McpServer.objects.update(secrets_encrypted="gAAAAAbroken")
    assert doctor()["MCP server dead"]["text"] == "its secrets cannot be decrypted"


def test_lists_are_refreshed_when_they_are_old_and_a_dead_server_does_not_stop_that(
    tmp_path: Path, configured: Configured
) -> None:
    dead, good, young = (make_server(name, *rest) for name, rest in SERVERS.items())
    by_hand = make_server("hand", GOOD, refresh_minutes=0)
    list_tools(young)
    McpTool.objects.filter(server=young).delete()
    (tmp_path / "SKILL.md").write_text(MANIFEST, "utf8")
    configured("agent_skills", folder=str(tmp_path))
    refresh_tools()
    for server in (dead, good, young, by_hand):
        server.refresh_from_db()
    assert dead.failing
    assert not good.failing
    assert (good.tools.count(), young.tools.count(), by_hand.tools.count()) == (1, 0, 0)
    assert InstructionSkill.objects.get().name == "price-list"
    McpServer.objects.filter(pk=young.pk).update(listed_at=timezone.now() - timedelta(minutes=31))
    refresh_tools()
    assert young.tools.count() == 1


SERVERS: dict[str, tuple[Any, ...]] = {"dead": (RUDE, "exits"), "good": (RUDE, "greets"), "young": (RUDE, "greets")}
