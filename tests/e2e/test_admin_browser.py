"""An operator uses the admin of the running product in a browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tests.http_server import Answer, Recorded, json_answer, serve
from tests.llm.builders import stream
from tests.peers import BotApi
from tests.product import Product

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

OpenPage = Callable[..., "Page"]
WAIT_MS = 60_000


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


def test_the_team_answers_from_the_transcript(product: Product, open_page: OpenPage, log_in: OpenPage) -> None:
    chat = open_page(f"{product.url}/")
    chat.locator('.state[data-state="online"]').wait_for(timeout=WAIT_MS)
    chat.fill("#text", "is anybody there?")
    chat.keyboard.press("Enter")
    chat.locator(".message.assistant").first.wait_for(timeout=WAIT_MS)
    page = log_in("/admin/bots/conversation/")
    page.locator("#result_list tbody tr a").first.click()
    page.fill("#transcript textarea[name=text]", "Yes, we are.")
    page.set_input_files(
        "#transcript input[name=files]", {"name": "n.txt", "mimeType": "text/plain", "buffer": b"note"}
    )
    page.click("#transcript .claw-reply button")
    page.locator(".claw-bubble", has_text="Yes, we are.").wait_for(timeout=WAIT_MS)
    chat.locator(".message", has_text="Yes, we are.").wait_for(timeout=WAIT_MS)
    chat.locator(".file-link", has_text="n.txt").wait_for(timeout=WAIT_MS)


def test_the_channel_form_shows_the_fields_of_the_chosen_platform_only(log_in: OpenPage) -> None:
    page = log_in("/admin/bots/channel/add/")
    page.select_option("#id_platform", "telegram")
    assert page.locator("[name=account__telegram__token]").is_visible()
    assert not page.locator("[name=account__webhook__reply_url]").is_visible()
    assert page.locator(".claw-platform-telegram .claw-guide li").first.is_visible()
    assert not page.locator(".claw-platform-slack .claw-guide li").first.is_visible()
    page.select_option("#id_platform", "webhook")
    assert not page.locator("[name=account__telegram__token]").is_visible()
    assert page.locator("[name=account__webhook__reply_url]").is_visible()


def test_a_channel_is_set_up_along_the_guide_by_keyboard(log_in: OpenPage) -> None:
    with BotApi().server() as platform:
        page = log_in("/admin/bots/channel/add/", permissions=["clipboard-read", "clipboard-write"])
        page.select_option("#id_platform", "telegram")
        page.select_option("#id_bot", index=1)
        form = page.locator(".claw-platform-telegram")
        verify = form.locator("[data-claw-verify]")

        verify.focus()
        page.keyboard.press("Enter")
        form.locator(".claw-result-bad", has_text="Bot token: This field is required.").wait_for(timeout=WAIT_MS)

        page.fill("[name=account__telegram__token]", "123456:AAHsecretsecretsecretsecretsecret12345")
        form.locator("summary", has_text="Advanced").press("Enter")
        page.fill("[name=account__telegram__base_url]", platform.url)
        verify.press("Enter")
        form.locator(".claw-result-ok", has_text="@TestBot").wait_for(timeout=WAIT_MS)
        assert page.input_value("[name=account__telegram__username]") == "TestBot"
        assert page.url.endswith("/add/")

        page.locator("[name=account__telegram__username]").press("Enter")  # saves, and opens the page with the address
        page.locator(".claw-light-new").wait_for(timeout=WAIT_MS)
        assert page.input_value("[name=account__telegram__token]") == ""
        copy = page.locator("[data-claw-copy]").first
        copy.press("Enter")
        page.locator(".claw-copied").wait_for(timeout=WAIT_MS)
        assert page.evaluate("navigator.clipboard.readText()") == copy.get_attribute("data-claw-copy")

        page.click("[name=_set_webhook]")
        page.locator("text=The platform posts to").wait_for(timeout=WAIT_MS)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_guide_fits_a_phone_in_both_themes(log_in: OpenPage, scheme: str) -> None:
    page = log_in("/admin/bots/channel/add/", viewport={"width": 360, "height": 740}, color_scheme=scheme)
    for platform in ("telegram", "wecom", "feishu", "webhook"):
        page.select_option("#id_platform", platform)
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, platform


SIDEWAYS = """() => {
    const root = document.documentElement, out = root.scrollWidth - root.clientWidth;
    const beyond = [...document.querySelectorAll(".field-line .readonly")].filter(
        (value) => value.getBoundingClientRect().right > value.closest(".field-line").getBoundingClientRect().right + 1
            || (value.scrollWidth > value.clientWidth + 1 && getComputedStyle(value).overflowX === "visible"));
    return [out, ...beyond.map((value) => value.innerText)];
}"""


@pytest.mark.parametrize("width", [1280, 390])
def test_pages_of_rows_fit_the_window(product: Product, open_page: OpenPage, log_in: OpenPage, width: int) -> None:
    chat = open_page(f"{product.url}/")
    chat.locator('.state[data-state="online"]').wait_for(timeout=WAIT_MS)
    chat.fill("#text", "My sister lives in Chengdu.")
    chat.keyboard.press("Enter")
    chat.locator(".message.assistant:not(.streaming)").first.wait_for(timeout=WAIT_MS)

    page = log_in("/admin/auth/group/add/", viewport={"width": width, "height": 900})
    page.locator(".selector").first.wait_for(timeout=WAIT_MS)
    assert page.evaluate(SIDEWAYS) == [0], "group"
    for model in ("auth/user", "bots/message", "bots/turnusage", "bots/inboundevent", "bots/outboundmessage"):
        page.goto(f"{product.url}/admin/{model}/")
        page.locator("#result_list tbody tr a[href*='/change/']").first.click()
        page.locator(".field-line").first.wait_for(timeout=WAIT_MS)
        assert page.evaluate(SIDEWAYS) == [0], model


def test_a_model_is_connected_on_one_page(product: Product, log_in: OpenPage) -> None:
    def respond(request: Recorded) -> Answer:
        if request.path == "/v1/models":
            return json_answer({"data": [{"id": "qwen3:0.6b", "context_length": 40960}, {"id": "m-embed"}]})
        return stream("你好，", "我在。")

    with serve(respond) as server:
        page = log_in("/admin/bots/modelprovider/connect/", viewport={"width": 390, "height": 844})
        page.check("[name=preset][value=vllm]")
        page.fill("#endpoint", server.url)
        page.fill("#api_key", "Bearer sk-browser")
        page.click("[data-claw-fills]")
        page.locator(".claw-result-ok", has_text="2 models").wait_for(timeout=WAIT_MS)
        assert page.locator("#models option").count() == 2
        page.fill("#model", "qwen3:0.6b")
        page.press("#model", "Tab")
        page.locator("#connect-form button", has_text="Test").click()
        page.locator(".claw-result-ok", has_text="你好，我在。").wait_for(timeout=WAIT_MS)
        assert "first token after" in page.locator("#connect-form .claw-result").inner_text()
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        page.locator("#connect-form button", has_text="Connect").click()
        page.wait_for_url("**/modelprovider/", timeout=WAIT_MS)
        assert "is connected" in page.inner_text("body")
    (row,) = (one for one in product.manage_json("provider", "list") if one["name"] == "vllm")
    assert (row["model"], row["endpoint"], row["api_key"]) == ("qwen3:0.6b", f"{server.url}/v1", "set")
    product.manage("provider", "remove", "vllm", "--yes")
