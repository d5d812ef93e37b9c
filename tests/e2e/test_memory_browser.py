"""An operator finds, corrects, pins and deletes a memory in a real browser, also by keyboard."""

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
SAID = ("My sister lives in Chengdu.", "I drink green tea in the morning.", "The dog is called Rex.")


@pytest.fixture(scope="module", autouse=True)
def memories(product: Product) -> None:
    lines = [
        {"id": f"m{number}", "session": "s1", "speaker": "Ann", "role": "user", "text": text,
         "occurred_at": f"2026-11-2{number}T09:00:00+08:00"}
        for number, text in enumerate(SAID)
    ]  # fmt: skip
    file = product.home / "ann.jsonl"
    file.write_text("\n".join(json.dumps(line) for line in lines), "utf8")
    product.manage("memory", "import", str(file), "--bot", "demo", "--person", "ann")


@pytest.fixture
def explorer(product: Product, open_page: OpenPage) -> Callable[..., Page]:
    """Opens the explorer of Ann's memory as the administrator."""
    password = (product.home / "keys" / "admin-password").read_text("utf8").strip()

    def open_explorer(**settings: object) -> Page:
        page = open_page(f"{product.url}/admin/login/?next=/admin/bots/person/explore/", **settings)
        page.fill("#id_username", "admin")
        page.fill("#id_password", password)
        page.click("#login-form button[type=submit]")
        page.fill("input[name=who]", "ann")
        page.keyboard.press("Enter")
        page.locator("#people a", has_text="ann").first.click()
        page.locator("#question").wait_for(timeout=WAIT_MS)
        return page

    return open_explorer


def ask(page: Page, question: str) -> None:
    page.fill("#question", question)
    page.keyboard.press("Enter")
    page.locator("#found").wait_for(timeout=WAIT_MS)


def test_a_memory_is_found_corrected_pinned_and_deleted(explorer: Callable[..., Page]) -> None:
    page = explorer()
    ask(page, "Where does my sister live?")
    first = page.locator(".claw-hit").first
    assert "My sister lives in Chengdu." in first.inner_text()
    first.locator("summary", has_text="Why").click()
    assert "words in common" in first.locator(".claw-bars").inner_text()

    first.locator("summary", has_text="Change").click()
    first.locator("textarea").fill("My sister lives in Beijing.")
    first.locator("button", has_text="Correct the words").click()
    hit = page.locator(".claw-hit", has_text="My sister lives in Beijing.")
    hit.wait_for(timeout=WAIT_MS)
    assert page.input_value("#question") == "Where does my sister live?"
    assert page.locator("text=My sister lives in Chengdu.").count() == 0

    hit.locator("button", has_text="Pin").click()
    hit.locator(".claw-chip", has_text="pinned").wait_for(timeout=WAIT_MS)

    hit.locator("summary", has_text="Delete").click()
    hit.locator("button", has_text="Delete for good").click()
    page.locator("text=deleted, with everything derived from it").wait_for(timeout=WAIT_MS)
    assert page.locator(".claw-hit", has_text="Beijing").count() == 0
    ask(page, "Beijing")
    assert page.locator(".claw-hit", has_text="Beijing").count() == 0


def test_what_is_true_from_now_on_leaves_the_old_as_history(explorer: Callable[..., Page]) -> None:
    page = explorer()
    ask(page, "What is the dog called?")
    hit = page.locator(".claw-hit", has_text="Rex")
    hit.locator("summary", has_text="Change").click()
    hit.locator("textarea").fill("The dog is called Max.")
    hit.locator("button", has_text="True from now on").click()
    page.locator(".claw-hit", has_text="Max").wait_for(timeout=WAIT_MS)
    assert page.locator(".claw-hit .claw-hit-text", has_text="Rex").count() == 0
    page.check("input[name=history]")
    page.locator("button", has_text="Recall").click()
    page.locator(".claw-chip", has_text="superseded").wait_for(timeout=WAIT_MS)


def test_the_keyboard_alone_opens_the_reasons(explorer: Callable[..., Page]) -> None:
    page = explorer()
    ask(page, "tea")
    page.locator(".claw-hit summary").first.focus()
    page.keyboard.press("Enter")
    page.locator(".claw-bars").first.wait_for(state="visible", timeout=WAIT_MS)


@pytest.mark.parametrize("locale", ["en-GB", "zh-CN"])
def test_a_phone_shows_it_without_scrolling_sideways(explorer: Callable[..., Page], locale: str) -> None:
    page = explorer(viewport={"width": 390, "height": 800}, locale=locale)
    ask(page, "tea in the morning")
    page.locator(".claw-hit summary").first.click()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
