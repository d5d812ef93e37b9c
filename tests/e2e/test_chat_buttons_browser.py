"""The questions of a flow are answered with buttons in the web chat: by mouse, by keyboard, on a phone, in Chinese."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.e2e.chat_page import WAIT_MS, OpenPage, online, say
from tests.product import Product

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

FLOW = {
    "title": {"en": "the tea", "zh": "点茶"},
    "steps": [
        {"kind": "collect", "slot": "kind", "type": "choice", "question": {"en": "Which tea?", "zh": "要什么茶？"},
         "label": {"en": "tea", "zh": "茶"},
         "choices": [{"value": "green", "label": {"en": "Green tea", "zh": "绿茶"}},
                     {"value": "black", "label": {"en": "Black tea", "zh": "红茶"}},
                     {"value": "mint", "label": {"en": "شاي بالنعناع", "zh": "薄荷茶"}}]},
        {"kind": "collect", "slot": "sugar", "type": "yes_no", "question": {"en": "With sugar?", "zh": "加糖吗？"},
         "label": {"en": "sugar", "zh": "糖"}},
        {"kind": "confirm"},
        {"kind": "act", "do": "say", "text": {"en": "Your tea is coming.", "zh": "茶马上来。"}, "effect": False},
    ],
}  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def flow(product: Product) -> Iterator[None]:
    code = (
        "from skills.models import FlowDefinition; import json; "
        f"data = json.loads({json.dumps(FLOW)!r}); "
        "FlowDefinition.objects.create(name='tea', triggers=['tea', '茶'], definition=data, all_bots=True)"
    )
    product.manage("shell", "-c", code)
    yield
    product.manage("shell", "-c", "from skills.models import FlowDefinition; FlowDefinition.objects.all().delete()")


def live(page: Page) -> Locator:
    return page.locator('.choices button[aria-disabled="false"]')


def wait_for(page: Page, text: str) -> None:
    page.locator(".message.assistant", has_text=text).last.wait_for(timeout=WAIT_MS)


def test_a_press_answers_once_and_stays_shown_as_chosen(product: Product, open_page: OpenPage) -> None:
    page = online(open_page(product.url))
    say(page, "tea please")
    wait_for(page, "Which tea?")
    assert live(page).all_inner_texts() == ["Green tea", "Black tea", "شاي بالنعناع"]
    assert page.locator(".message.assistant ol").count() == 0, "the buttons are the list"
    live(page).nth(1).dblclick()
    wait_for(page, "With sugar?")
    assert page.locator(".message.user .bubble").all_inner_texts() == ["tea please", "Black tea"]
    chosen = page.locator('.choices button[aria-pressed="true"]')
    assert chosen.all_inner_texts() == ["Black tea"]
    page.locator(".choices").first.locator("button").first.click(force=True)  # over: nothing is sent
    page.reload()
    online(page)
    wait_for(page, "With sugar?")
    assert chosen.all_inner_texts() == ["Black tea"]
    assert live(page).all_inner_texts() == ["Yes", "No"]

    live(page).first.focus()
    page.keyboard.press("Enter")
    wait_for(page, "Shall I go ahead?")
    live(page).first.focus()
    page.keyboard.press("Space")
    wait_for(page, "Your tea is coming.")
    assert live(page).count() == 0
    assert page.locator(".message.user .bubble").all_inner_texts() == ["tea please", "Black tea", "Yes", "Yes"]


def test_a_press_in_a_tab_that_is_behind_gets_a_kind_sentence(product: Product, open_page: OpenPage) -> None:
    page = online(open_page(product.url))
    say(page, "tea")
    wait_for(page, "Which tea?")
    # the page of a tab that slept: its buttons still look open
    page.evaluate("document.querySelector('.choices').id = 'old'")
    live(page).first.click()
    wait_for(page, "With sugar?")
    page.evaluate(
        "document.querySelectorAll('#old button').forEach((one) => one.setAttribute('aria-disabled', 'false'))"
    )
    page.locator("#old button").nth(1).click()
    wait_for(page, "I am not waiting for an answer to that question now")
    wait_for(page, "Back to the tea:")
    live(page).nth(1).click()
    wait_for(page, "tea: Green tea")


def test_on_a_dark_phone_in_chinese_the_buttons_fit(product: Product, open_page: OpenPage) -> None:
    page = online(
        open_page(
            product.url, locale="zh-CN", color_scheme="dark", viewport={"width": 390, "height": 780}, has_touch=True
        )
    )
    say(page, "来杯茶")
    wait_for(page, "要什么茶？")
    assert live(page).all_inner_texts() == ["绿茶", "红茶", "薄荷茶"]
    for box in (one.bounding_box() for one in live(page).all()):
        assert box is not None
        assert box["height"] >= 40
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
    ink, ground = page.evaluate(
        "() => { const style = getComputedStyle(document.querySelector('.choices button'));"
        " return [style.color, style.backgroundColor]; }"
    )
    light, dark = (sum(map(int, re.findall(r"\d+", colour)[:3])) for colour in (ink, ground))
    assert light > 3 * 180
    assert dark < 3 * 60
    live(page).first.tap()
    wait_for(page, "加糖吗？")
    assert page.locator(".message.user .bubble").all_inner_texts() == ["来杯茶", "绿茶"]
