"""The text box of the chat page: the limit, input methods, drafts, and text that runs from right to left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.chat_page import WAIT_MS, OpenPage, answers, online, questions, say, wait_for_answers
from tests.peers import StreamingModel
from tests.product import Product

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

LIMIT = 8000


@pytest.fixture(autouse=True)
def plain_model(model: StreamingModel) -> None:
    model.pause_s = 0.0
    model.answers = {"": "All right, **noted**."}


def paste(page: Page, text: str) -> None:
    page.focus("#text")
    page.evaluate("(text) => document.execCommand('insertText', false, text)", text)


@pytest.mark.parametrize("way", ["Enter", "button"])
def test_a_text_over_the_limit_stays_and_says_why(product: Product, open_page: OpenPage, way: str) -> None:
    page = online(open_page(product.url))
    long = "word " * 1700
    paste(page, long)
    if way == "Enter":
        page.press("#text", "Enter")
    else:
        page.click("#send")
    assert page.input_value("#text") == long
    note = page.locator("#too-long")
    note.get_by_text("8499 characters, 499 too many: 8000 at most").wait_for(timeout=WAIT_MS)
    assert note.get_attribute("role") == "alert"
    assert page.locator("#counter").inner_text() == "8499 / 8000"
    assert page.get_attribute("#text", "aria-invalid") == "true"
    assert questions(page) == []

    page.fill("#text", long[:LIMIT])
    assert not note.is_visible()
    page.press("#text", "Enter")
    wait_for_answers(page, 1)
    assert page.input_value("#text") == ""
    assert questions(page) == [long[:LIMIT].strip()]


def test_characters_count_as_the_server_counts_them(product: Product, open_page: OpenPage) -> None:
    page = online(open_page(product.url))
    paste(page, "🎈" * LIMIT)
    page.press("#text", "Enter")
    wait_for_answers(page, 1)
    assert questions(page) == ["🎈" * LIMIT]


def test_the_note_is_chinese_on_a_chinese_page(product: Product, open_page: OpenPage) -> None:
    page = online(open_page(product.url, locale="zh-CN"))
    paste(page, "字" * (LIMIT + 1))
    page.press("#text", "Enter")
    page.get_by_text("已输入8001个字符").wait_for(timeout=WAIT_MS)
    page.click("#language")
    page.get_by_text("8001 characters, 1 too many").wait_for(timeout=WAIT_MS)
    assert page.input_value("#text") == "字" * (LIMIT + 1)


def test_a_new_chat_and_a_suggestion_leave_a_written_text_alone(product: Product, open_page: OpenPage) -> None:
    page = online(open_page(product.url))
    page.fill("#text", "half a thought")
    page.get_by_role("button", name="What can you do?").click()
    wait_for_answers(page, 1)
    page.click("#new-chat")
    page.locator(".notice-line").wait_for(timeout=WAIT_MS)
    assert page.input_value("#text") == "half a thought"


def test_a_draft_outlives_a_reload_and_ends_when_it_is_sent(product: Product, open_page: OpenPage) -> None:
    page = online(open_page(product.url))
    page.fill("#text", "not sent\nyet")
    page.reload()
    online(page)
    assert page.input_value("#text") == "not sent\nyet"
    page.press("#text", "Enter")
    wait_for_answers(page, 1)
    page.reload()
    online(page)
    assert page.input_value("#text") == ""


KEYS = {
    "Chrome: inside the composition": {"key": "Enter", "isComposing": True, "keyCode": 229},
    "Safari: after the composition": {"key": "Enter", "isComposing": False, "keyCode": 229},
}


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS.keys())
def test_enter_in_an_input_method_does_not_send(product: Product, open_page: OpenPage, key: dict[str, Any]) -> None:
    page = online(open_page(product.url, locale="zh-CN"))
    page.fill("#text", "nihao")
    press = """(key) => document.getElementById("text").dispatchEvent(
        new KeyboardEvent("keydown", { ...key, bubbles: true, cancelable: true }))"""
    assert page.evaluate(press, key) is True  # not prevented: the input method gets it
    assert page.input_value("#text") == "nihao"
    assert questions(page) == []


def test_a_real_composition_is_not_sent_by_its_enter(product: Product, open_page: OpenPage) -> None:
    page = online(open_page(product.url, locale="zh-CN"))
    page.focus("#text")
    input_method = page.context.new_cdp_session(page)
    input_method.send("Input.imeSetComposition", {"text": "nihao", "selectionStart": 5, "selectionEnd": 5})
    enter = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 229}
    input_method.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", **enter})
    input_method.send("Input.insertText", {"text": "你好"})
    assert page.input_value("#text") == "你好"
    assert questions(page) == []
    page.press("#text", "Enter")
    wait_for_answers(page, 1)
    assert questions(page) == ["你好"]


def test_escape_in_an_input_method_does_not_stop_the_answer(
    product: Product, model: StreamingModel, open_page: OpenPage
) -> None:
    model.pause_s = 0.05
    model.answers = {"": "word " * 40}
    page = online(open_page(product.url))
    say(page, "Talk")
    page.locator(".message.streaming", has_text="word").wait_for(timeout=WAIT_MS)
    page.evaluate(
        "document.getElementById('text').dispatchEvent("
        "new KeyboardEvent('keydown', { key: 'Escape', isComposing: true, keyCode: 229, bubbles: true }))"
    )
    wait_for_answers(page, 1)
    assert answers(page).inner_text().count("word") == 40


def side_of(page: Page, selector: str) -> str:
    """Returns the side at which the text of the element begins."""
    return str(page.evaluate("(name) => getComputedStyle(document.querySelector(name)).direction", selector))


def test_text_runs_in_its_own_direction(product: Product, model: StreamingModel, open_page: OpenPage) -> None:
    model.answers = {
        "": "مرحبا! هذا هو الجواب.\n\n- أولا\n- ثانيا\n\n> اقتباس\n\nAnd one line in English.\n\n"
        "| اسم | عدد |\n|---|---|\n| قطة | 2 |\n\n```\nls -l\n```"
    }
    page = online(open_page(product.url))
    assert side_of(page, "#text") == "ltr"
    page.fill("#text", "שלום, איך אתה?")
    assert side_of(page, "#text") == "rtl"
    page.press("#text", "Enter")
    wait_for_answers(page, 1)
    assert side_of(page, ".message.user .bubble") == "rtl"
    body = ".message.assistant .body"
    sides = {
        "> p": "rtl",
        "> ul": "rtl",
        "> blockquote": "rtl",
        "> p:last-of-type": "ltr",
        "table": "rtl",
        "pre": "ltr",
    }
    assert {block: side_of(page, f"{body} {block}") for block in sides} == sides
    page.reload()
    online(page)
    wait_for_answers(page, 1)
    assert side_of(page, ".message.assistant .body ul") == "rtl"
    page.click("#memory")
    page.locator("#memory-panel .entry").first.wait_for(timeout=WAIT_MS)
    assert side_of(page, "#memory-panel .entry.user .words p") == "rtl"


def test_the_page_is_usable_with_the_keyboard_alone(product: Product, open_page: OpenPage) -> None:
    page = online(open_page(product.url))
    page.keyboard.type("My cat is called Mimi")
    page.keyboard.press("Enter")
    wait_for_answers(page, 1)
    for _step in range(12):
        if page.evaluate("document.activeElement.id") == "memory":
            break
        page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    page.locator("#memory-panel[open]").wait_for(timeout=WAIT_MS)
    page.keyboard.press("Escape")
    page.locator("#memory-panel[open]").wait_for(state="hidden", timeout=WAIT_MS)
    assert page.evaluate("document.activeElement.id") == "memory"


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory, product: Product) -> Any:
    """The same product with a limit of 40 characters, which the operator chose."""
    started = Product(tmp_path_factory.mktemp("small"), product.settings | {"CLAWDBOT_WEB_CHAT__TEXT_CHARACTERS": "40"})
    started.migrate()
    started.start()
    yield started
    started.stop()


def test_the_page_knows_the_limit_of_the_settings(small: Product, open_page: OpenPage) -> None:
    page = online(open_page(small.url, viewport={"width": 390, "height": 844}))
    page.fill("#text", "x" * 41)
    page.press("#text", "Enter")
    page.get_by_text("41 characters, 1 too many: 40 at most").wait_for(timeout=WAIT_MS)
    assert page.evaluate("() => document.documentElement.scrollWidth") == 390
