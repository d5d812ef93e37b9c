"""Several tabs of one browser are one visitor: opened at once, offline, with an outlived token."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.chat_page import WAIT_MS, OpenPage, online, questions, say, wait_for_answers
from tests.peers import StreamingModel
from tests.product import Product

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]


@pytest.fixture(autouse=True)
def plain_model(model: StreamingModel) -> None:
    model.pause_s = 0.0
    model.answers = {"": "All right, **noted**."}


def open_at_once(open_page: OpenPage, url: str, count: int, before: str = "") -> list[Page]:
    """Opens `count` tabs of one fresh browser, none of which waits for another; `before` runs first in each."""
    first = open_page("about:blank")
    if before:
        first.context.add_init_script(before)
    # `window.open` returns before the page has loaded, so the tabs load side by side.
    with first.context.expect_page() as _opened:
        first.evaluate("([url, count]) => { for (let i = 0; i < count; i += 1) open(url); }", [url, count])
    while len(first.context.pages) <= count:
        first.wait_for_timeout(20)
    return [online(page) for page in first.context.pages[1:]]


# Without `navigator.locks`, as on a plain http address of a local network.
NO_LOCKS = "Object.defineProperty(Navigator.prototype, 'locks', { value: undefined });"


@pytest.mark.parametrize("before", ["", NO_LOCKS], ids=["locks", "no locks"])
def test_tabs_opened_at_once_are_one_visitor(product: Product, open_page: OpenPage, before: str) -> None:
    tabs = open_at_once(open_page, product.url, 4, before)
    say(tabs[0], "hello from the first tab")
    for tab in tabs:
        wait_for_answers(tab, 1)
    say(tabs[3], "and from the last")
    for tab in tabs:
        wait_for_answers(tab, 2)
        assert questions(tab) == ["hello from the first tab", "and from the last"]
    for tab in tabs:
        tab.reload()
        online(tab)
        wait_for_answers(tab, 2)
        assert questions(tab) == ["hello from the first tab", "and from the last"]


def test_tabs_with_an_outlived_token_become_one_visitor_too(product: Product, open_page: OpenPage) -> None:
    stale = "localStorage.setItem('clawdbot:demo:visitor', localStorage.getItem('clawdbot:demo:visitor') ?? 'old:1:x');"
    tabs = open_at_once(open_page, product.url, 2, stale)
    say(tabs[0], "is this still me?")
    for tab in tabs:
        wait_for_answers(tab, 1)
        assert questions(tab) == ["is this still me?"]


def test_a_tab_follows_another_that_is_a_different_visitor(product: Product, open_page: OpenPage) -> None:
    """A browser can show a tab the storage too late; the tabs then meet at the visitor that was stored last."""
    first = online(open_page(product.url))
    second = first.context.new_page()
    second.goto(product.url)
    online(second)
    other = online(open_page(product.url))
    token = other.evaluate("localStorage.getItem('clawdbot:demo:visitor')")
    second.evaluate("(token) => localStorage.setItem('clawdbot:demo:visitor', token)", token)
    second.reload()
    online(second)
    say(second, "who am I?")
    wait_for_answers(first, 1)
    wait_for_answers(other, 1)


def test_what_a_closed_tab_could_not_send_is_sent_by_another(product: Product, open_page: OpenPage) -> None:
    first = online(open_page(product.url))
    second = first.context.new_page()
    second.goto(product.url)
    online(second)
    first.context.set_offline(True)
    for tab in (first, second):
        tab.locator('.state[data-state="offline"]').wait_for(timeout=WAIT_MS)
    say(first, "written in the tunnel")
    second.locator(".message.user", has_text="written in the tunnel").wait_for(timeout=WAIT_MS)
    first.close()
    second.context.set_offline(False)
    wait_for_answers(second, 1)
    assert questions(second) == ["written in the tunnel"]


def test_what_one_tab_deletes_is_gone_in_the_other(product: Product, open_page: OpenPage) -> None:
    first = online(open_page(product.url))
    item = {"client_id": "refused", "text": "x" * 9000, "at": 1, "created_at": "2026-11-30T10:00:00Z"}
    first.evaluate("(item) => localStorage.setItem('clawdbot:demo:out:refused', JSON.stringify(item))", item)
    first.reload()
    failed = ".message.user[data-state=failed]"
    first.locator(failed).wait_for(timeout=WAIT_MS)
    second = first.context.new_page()
    second.goto(product.url)
    online(second)
    second.locator(failed).wait_for(timeout=WAIT_MS)
    first.locator(failed).get_by_role("button", name="Delete").click()
    second.locator(failed).wait_for(state="detached", timeout=WAIT_MS)
    second.reload()
    online(second)
    assert questions(second) == []


def test_a_full_or_forbidden_storage_keeps_the_visitor_while_the_page_is_open(
    product: Product, open_page: OpenPage
) -> None:
    page = open_page("about:blank")
    page.context.add_init_script(
        "Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); };"
    )
    page.goto(product.url)
    online(page)
    say(page, "remember me")
    wait_for_answers(page, 1)
    page.context.set_offline(True)
    page.locator('.state[data-state="offline"]').wait_for(timeout=WAIT_MS)
    page.context.set_offline(False)
    online(page)
    assert questions(page) == ["remember me"]
