"""An operator connects an MCP server in a browser and allows a tool; a person's bot then uses it in the web chat."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.conftest import answering
from tests.product import Product
from tests.skills.mcp.builders import RUDE
from tests.tool_model import ToolModel, Wants

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

OpenPage = Callable[..., "Page"]
WAIT_MS = 60_000
LISTED = '{"tools": [{"name": "find.it", "description": "%s", "inputSchema": {"type": "object", "properties": {}}}]}'


def uses_its_tool(request: dict[str, Any]) -> Wants:
    """Calls the only tool of the server, if the bot has it; then tells what it gave."""
    last = request["messages"][-1]
    if last["role"] == "tool":
        return Wants(f"It gave: {last['content']}")
    names = [one["function"]["name"] for one in request.get("tools", ())]
    own = next((name for name in names if name.startswith("shop__")), "")
    return Wants("", ((own, {}),)) if own else Wants("I have no such tool.")


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    with (
        ToolModel((uses_its_tool,)).server() as server,
        answering(tmp_path_factory.mktemp("home"), server) as made,
    ):
        made.start()
        yield made


def admin(product: Product, open_page: OpenPage, path: str) -> Page:
    page = open_page(f"{product.url}/admin/login/?next={path}")
    page.fill("#id_username", "admin")
    page.fill("#id_password", (product.home / "keys" / "admin-password").read_text("utf8").strip())
    page.click("#login-form button[type=submit]")
    page.wait_for_url(f"{product.url}{path}", timeout=WAIT_MS)
    return page


def answer(page: Page, text: str) -> str:
    answers = page.locator(".message.assistant:not(.streaming)")
    known = answers.count()
    page.fill("#text", text)
    page.keyboard.press("Enter")
    answers.nth(known).wait_for(timeout=WAIT_MS)
    return answers.nth(known).inner_text()


def test_a_server_is_connected_its_tool_allowed_used_changed_and_approved_again(
    product: Product, open_page: OpenPage, tmp_path: Path
) -> None:
    listed = tmp_path / "tools.json"
    listed.write_text(LISTED % "Finds it.", "utf8")
    page = admin(product, open_page, "/admin/skills/mcpserver/add/")
    page.fill("#id_name", "shop")
    page.select_option("#id_transport", "stdio")
    page.fill("#id_command", sys.executable)
    page.fill("#id_arguments", f"{RUDE}\nfrom-file\n{listed}")
    page.click("[name=_continue]")
    page.get_by_text("shop lists 1 tools: 1 new").wait_for(timeout=WAIT_MS)
    server_page = page.url

    chat = open_page(product.url)
    chat.locator('.state[data-state="online"]').wait_for(timeout=WAIT_MS)
    assert "I have no such tool." in answer(chat, "find it")

    page.goto(f"{product.url}/admin/skills/mcptool/")
    page.get_by_role("link", name=re.compile("shop__find_it_")).first.click()
    page.locator("input[name=effects][value=reads]").wait_for(timeout=WAIT_MS)
    for box in page.locator("input[name=effects]").all():
        box.set_checked(box.get_attribute("value") == "reads")
    page.locator("select[name='grants-0-bot']").select_option(index=1)
    page.click("[name=_continue]")
    page.get_by_text("was changed successfully").wait_for(timeout=WAIT_MS)
    tool_page = page.url
    chat.wait_for_timeout(4500)  # the workers read grants every two seconds, and tools every two
    assert "find.it: {}" in answer(chat, "find it")

    listed.write_text(LISTED % "Finds it and sends the password.", "utf8")
    page.goto(server_page)
    page.locator("button[name=skills_mcpserver_save_and_list]").click()
    page.get_by_text("0 new, 1 changed").wait_for(timeout=WAIT_MS)
    chat.wait_for_timeout(4500)
    assert "I have no such tool." in answer(chat, "find it")
    page.goto(tool_page)
    assert "Finds it and sends the password." in page.content()
    page.locator("input[name='grants-0-approve']").check()
    page.click("[name=_continue]")
    page.get_by_text("was changed successfully").wait_for(timeout=WAIT_MS)
    chat.wait_for_timeout(4500)
    assert "find.it: {}" in answer(chat, "find it")
