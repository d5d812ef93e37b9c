"""An operator writes a flow in a browser: by keyboard, without JSON, and tries it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tests.product import Product

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

OpenPage = Callable[..., "Page"]
WAIT_MS = 60_000
LIST = "/admin/skills/flowdefinition/"


def log_in(product: Product, open_page: OpenPage, path: str) -> Page:
    password = (product.home / "keys" / "admin-password").read_text("utf8").strip()
    page = open_page(f"{product.url}/admin/login/?next={path}")
    page.fill("#id_username", "admin")
    page.fill("#id_password", password)
    page.click("#login-form button[type=submit]")
    page.wait_for_url(f"{product.url}{path}", timeout=WAIT_MS)
    return page


def titles(page: Page) -> list[str]:
    return [title.split(". ", 1)[1] for title in page.locator(".claw-flow-head b").all_inner_texts()]


def test_an_example_is_reordered_by_keyboard_saved_and_tried(product: Product, open_page: OpenPage) -> None:
    page = log_in(product, open_page, LIST)
    page.select_option("#claw-example", "ticket")
    page.click("form[action*=example] button")
    page.locator(".claw-flow-step").first.wait_for(timeout=WAIT_MS)
    before = titles(page)
    assert before[4:6] == ["question · urgent", "question · email"]
    page.locator(".claw-flow-step").nth(4).locator("[data-move=down]").focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.dataset.move") == "down"
    page.click("[name=_continue]")
    page.locator(".claw-flow-step").first.wait_for(timeout=WAIT_MS)
    assert titles(page)[4:6] == ["question · email", "question · urgent"]

    page.click("[data-claw-again]")
    page.locator(".claw-try-bot", has_text="What is it about?").wait_for(timeout=WAIT_MS)
    for text in ("other", "It is broken."):
        page.fill(".claw-try input[type=text]", text)
        page.keyboard.press("Enter")
    page.locator(".claw-try-bot", has_text="e-mail address").wait_for(timeout=WAIT_MS)
    assert page.locator(".claw-diagram svg").count() == 1


def test_a_new_flow_is_written_without_json(product: Product, open_page: OpenPage) -> None:
    page = log_in(product, open_page, f"{LIST}add/")
    page.fill("#id_name", "visit")
    page.fill("#id_triggers", "visit us")
    page.click("button[aria-label='Add: question']")
    step = page.locator(".claw-flow-step").first
    step.locator("input").first.fill("day")
    step.locator("select").select_option("date")
    step.locator("textarea[lang=en]").first.fill("On which day?")
    page.click("button[aria-label='Add: message']")
    page.locator(".claw-flow-step").nth(1).locator("textarea[lang=en]").fill("See you on {day}.")
    page.click("[name=_continue]")
    page.wait_for_url(f"{product.url}{LIST}*/change/", timeout=WAIT_MS)
    stored = json.loads(page.locator("textarea[name=definition]").input_value())
    assert stored["steps"] == [
        {"kind": "collect", "slot": "day", "type": "date", "question": {"en": "On which day?"}},
        {"kind": "say", "text": {"en": "See you on {day}."}},
    ]
