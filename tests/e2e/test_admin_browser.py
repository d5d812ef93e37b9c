"""An operator logs into the admin of the running product and looks at what was said."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tests.product import Product

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]

OpenPage = Callable[..., "Page"]
WAIT_MS = 20_000


@pytest.fixture
def log_in(product: Product, open_page: OpenPage) -> OpenPage:
    """Opens a page of the admin as the administrator of the first start."""
    password = (product.home / "keys" / "admin-password").read_text("utf8").strip()

    def open_as_administrator(path: str = "/admin/", **settings: object) -> Page:
        page = open_page(f"{product.url}/admin/login/?next={path}", **settings)
        page.fill("#id_username", "admin")
        page.fill("#id_password", password)
        page.click("#login-form button[type=submit]")
        page.wait_for_url(f"{product.url}{path}", timeout=WAIT_MS)
        return page

    return open_as_administrator


def test_the_administrator_of_the_first_start_sees_the_dashboard(log_in: OpenPage) -> None:
    page = log_in()
    page.locator("#first-steps").wait_for(timeout=WAIT_MS)
    assert page.locator(".claw-tile").count() == 6
    assert "alive" in page.locator(".claw-tile", has_text="Workers").inner_text()


def test_a_wrong_password_stays_outside(product: Product, open_page: OpenPage) -> None:
    page = open_page(f"{product.url}/admin/login/")
    page.fill("#id_username", "admin")
    page.fill("#id_password", "wrong")
    page.click("#login-form button[type=submit]")
    page.locator("text=Please enter the correct username and password").wait_for(timeout=WAIT_MS)


def test_the_language_is_chosen_before_logging_in(product: Product, open_page: OpenPage) -> None:
    page = open_page(f"{product.url}/admin/login/")
    page.click("button[lang=zh-hans]")
    page.locator("text=欢迎回到").wait_for(timeout=WAIT_MS)


def test_a_chat_is_read_as_a_transcript(product: Product, open_page: OpenPage, log_in: OpenPage) -> None:
    chat = open_page(f"{product.url}/")
    chat.locator('.state[data-state="online"]').wait_for(timeout=WAIT_MS)
    chat.fill("#text", "My sister lives in Chengdu.")
    chat.keyboard.press("Enter")
    chat.locator(".message.assistant:not(.streaming)").first.wait_for(timeout=WAIT_MS)

    page = log_in("/admin/bots/conversation/")
    page.click("#result_list tbody th a")
    page.locator(".claw-bubble-user", has_text="My sister lives in Chengdu.").wait_for(timeout=WAIT_MS)
    answer = page.locator(".claw-bubble-assistant").first
    assert "All right." in answer.inner_text()
    assert "stub-1" in answer.inner_text()


def test_the_channel_form_shows_the_fields_of_the_chosen_platform_only(log_in: OpenPage) -> None:
    page = log_in("/admin/bots/channel/add/")
    page.select_option("#id_platform", "telegram")
    assert page.locator("[name=account__telegram__token]").is_visible()
    assert not page.locator("[name=account__webhook__reply_url]").is_visible()
    page.select_option("#id_platform", "webhook")
    assert not page.locator("[name=account__telegram__token]").is_visible()
    assert page.locator("[name=account__webhook__reply_url]").is_visible()
