"""The Content-Security-Policy stops no page of ours, and stops what does not belong to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.chat_page import WAIT_MS, OpenPage, online, say, wait_for_answers
from tests.e2e.test_admin_browser import log_in as log_in
from tests.product import Product

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

BAD = ("error", "warning")
MODELS = (
    *("auth/user", "auth/group", "axes/accessattempt", "django_celery_beat/crontabschedule"),
    *("bots/apitoken", "bots/auditentry", "bots/bot", "bots/botaccess", "bots/channel", "bots/conversation"),
    *("bots/inboundevent", "bots/message", "bots/modelprovider", "bots/outboundmessage", "bots/person"),
    *("bots/turnusage", "django_celery_beat/periodictask", "memory/memoryentry", "skills/skill"),
)


def listen(page: Page) -> list[str]:
    """Returns a list that fills with the errors and warnings of the console and of the page's own code."""
    found: list[str] = []
    page.on("console", lambda line: found.append(f"{page.url}: {line.text}") if line.type in BAD else None)
    page.on("pageerror", lambda error: found.append(str(error)))
    return found


def test_no_page_of_the_admin_breaks_its_policy(product: Product, open_page: OpenPage, log_in: OpenPage) -> None:
    chat = online(open_page(product.url))
    say(chat, "My sister lives in Chengdu.")
    wait_for_answers(chat, 1)
    page = log_in()
    found = listen(page)
    for path in ("", *(f"{model}/" for model in MODELS)):
        answer = page.goto(f"{product.url}/admin/{path}")
        assert answer is not None
        assert answer.status == 200
        assert "script-src 'self' 'unsafe-eval'" in answer.headers["content-security-policy"].split("; ")
        row = page.locator("#result_list tbody tr a[href*='/change/']").first
        if row.count():
            row.click()
            page.wait_for_load_state()
    for path in ("bots/bot/add/", "bots/channel/add/", "skills/skill/add/", "auth/user/add/", "bots/person/explore/"):
        page.goto(f"{product.url}/admin/{path}")
        page.wait_for_load_state("networkidle")
    assert found == []


def test_what_moves_in_the_admin_moves_under_the_policy(product: Product, log_in: OpenPage) -> None:
    page = log_in("/admin/bots/message/")
    found = listen(page)
    page.keyboard.press("Control+k")
    page.locator("#command-results, [x-ref=searchInputCommand]").first.wait_for(timeout=WAIT_MS)
    page.keyboard.press("Escape")
    page.goto(f"{product.url}/admin/auth/user/")
    page.locator("#result_list input.action-select, #result_list .action-checkbox input").first.check()
    page.locator("select[name=action]").first.wait_for(timeout=WAIT_MS)
    assert found == []


def test_the_chat_and_the_documentation_of_the_api_break_no_policy(product: Product, open_page: OpenPage) -> None:
    page = open_page("about:blank")
    found = listen(page)
    page.goto(product.url)
    online(page)
    say(page, "hello")
    wait_for_answers(page, 1)
    page.click("#memory")
    page.locator("#memory-panel[open]").wait_for(timeout=WAIT_MS)
    page.goto(f"{product.url}/api/docs/")
    page.locator(".opblock").first.wait_for(timeout=WAIT_MS)
    page.locator(".opblock").first.click()
    page.locator(".opblock-body").first.wait_for(timeout=WAIT_MS)
    assert found == []


def test_a_script_that_gets_into_a_page_does_not_run(product: Product, log_in: OpenPage) -> None:
    page = log_in()
    add = "document.body.append(Object.assign(document.createElement('script'), %s))"
    for code in (
        add % "{ textContent: 'window.ran = 1' }",
        add % "{ src: 'data:text/javascript,window.ran = 2' }",
        "document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"window.ran = 3\">')",
    ):
        page.evaluate(f"() => {{ {code}; }}")
    page.wait_for_timeout(300)
    assert page.evaluate("window.ran") is None
