"""A person uses the web chat of the running product in a browser."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.e2e.chat_page import WAIT_MS, OpenPage, answers, embedded, online, questions, say, wait_for_answers
from tests.http_server import Answer, serve
from tests.noon import where_it_is_noon
from tests.peers import StreamingModel
from tests.product import Product

if TYPE_CHECKING:
    pass

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]


@pytest.fixture(autouse=True)
def plain_model(model: StreamingModel) -> None:
    model.pause_s = 0.0
    model.answers = {"": "All right, **noted**."}


def test_an_answer_is_streamed_rendered_and_there_after_a_reload(
    product: Product, model: StreamingModel, open_page: OpenPage
) -> None:
    model.pause_s = 0.05
    model.answers = {"": "First **bold** words, then a table:\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\nand the end."}
    page = online(open_page(product.url, timezone_id=where_it_is_noon()))
    say(page, "My sister lives in Chengdu")
    page.locator(".message.streaming", has_text="First bold").wait_for(timeout=WAIT_MS)
    wait_for_answers(page, 1)
    assert page.locator(".message.streaming").count() == 0
    assert page.locator(".body strong").inner_text() == "bold"
    assert page.locator(".body td").all_inner_texts() == ["1", "2"]

    page.reload()
    online(page)
    wait_for_answers(page, 1)
    assert questions(page) == ["My sister lives in Chengdu"]
    assert page.locator(".day").all_inner_texts() == ["Today"]


def test_the_stop_button_ends_the_answer(product: Product, model: StreamingModel, open_page: OpenPage) -> None:
    model.pause_s = 0.1
    model.answers = {"": "word " * 300}
    page = online(open_page(product.url))
    say(page, "Talk for half a minute")
    page.locator(".message.streaming", has_text="word word").wait_for(timeout=WAIT_MS)
    page.locator("#send.stop").click()
    wait_for_answers(page, 1)
    assert 1 < answers(page).inner_text().count("word") < 300
    assert questions(page) == ["Talk for half a minute"]


def test_a_new_conversation_is_empty_and_the_memory_stays_until_it_is_deleted(
    product: Product, open_page: OpenPage
) -> None:
    page = online(open_page(product.url))
    say(page, "My cat is called Mimi")
    wait_for_answers(page, 1)
    page.click("#new-chat")
    page.locator(".notice-line").wait_for(timeout=WAIT_MS)
    assert page.locator("#empty").is_visible()
    assert questions(page) == []
    page.reload()
    online(page)
    page.locator("#empty").wait_for(timeout=WAIT_MS)
    say(page, "She likes tuna")
    wait_for_answers(page, 1)

    page.click("#memory")
    mine = page.locator("#memory-panel .entry", has_text="My cat is called Mimi")
    mine.wait_for(timeout=WAIT_MS)
    mine.locator(".forget").click()
    mine.wait_for(state="detached", timeout=WAIT_MS)
    page.get_by_role("button", name="Forget everything").click()
    page.locator("#memory-panel .sure").get_by_role("button", name="Forget everything").click()
    page.get_by_text("Nothing yet.").wait_for(timeout=WAIT_MS)
    assert questions(page) == []
    page.reload()
    online(page)
    assert questions(page) == []
    page.click("#memory")
    page.get_by_text("Nothing yet.").wait_for(timeout=WAIT_MS)


def test_what_is_written_offline_arrives_once(product: Product, open_page: OpenPage) -> None:
    page = online(open_page(product.url))
    page.context.set_offline(True)
    page.locator('.state[data-state="offline"]').wait_for(timeout=WAIT_MS)
    say(page, "first, in a tunnel")
    say(page, "second, in a tunnel")
    page.locator(".note", has_text="Waiting for the connection").nth(1).wait_for(timeout=WAIT_MS)
    page.context.set_offline(False)
    wait_for_answers(page, 2)
    page.reload()
    online(page)
    wait_for_answers(page, 2)
    assert questions(page) == ["first, in a tunnel", "second, in a tunnel"]


def test_a_killed_server_loses_and_doubles_nothing(
    product: Product, model: StreamingModel, open_page: OpenPage
) -> None:
    model.pause_s = 0.2
    model.answers = {"": " ".join(f"w{number}" for number in range(40))}
    page = online(open_page(product.url))
    say(page, "Are you still there?")
    page.locator(".message.streaming", has_text="w3").wait_for(timeout=WAIT_MS)
    product.kill()
    page.locator('.state[data-state="offline"]').wait_for(timeout=WAIT_MS)
    say(page, "And this one?")
    model.pause_s = 0.0
    product.start()
    answers(page).nth(1).wait_for(timeout=60_000)
    assert questions(page) == ["Are you still there?", "And this one?"]
    texts = answers(page).locator(".body").all_inner_texts()
    assert [text.count("w39") for text in texts] == [1, 1]
    assert [text.count("w0") for text in texts] == [1, 1]


def test_two_windows_show_the_same_conversation(product: Product, open_page: OpenPage) -> None:
    first = online(open_page(product.url))
    second = first.context.new_page()
    second.goto(product.url)
    online(second)
    say(first, "hello from the first window")
    wait_for_answers(first, 1)
    wait_for_answers(second, 1)
    assert questions(second) == ["hello from the first window"]


def test_markup_in_an_answer_does_nothing(product: Product, model: StreamingModel, open_page: OpenPage) -> None:
    payload = (
        "<img src=x onerror=alert(1)> <script>alert(2)</script> [x](javascript:alert(3)) ![p](http://127.0.0.1:9/p)"
    )
    model.answers = {"": payload}
    page = open_page(product.url)
    dialogs: list[str] = []
    requests: list[str] = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    page.on("request", lambda request: requests.append(request.url))
    online(page)
    say(page, payload)
    wait_for_answers(page, 1)
    assert page.locator("main img, main script").count() == 0
    assert "<script>alert(2)</script>" in answers(page).inner_text()
    assert dialogs == []
    assert not [url for url in requests if ":9/" in url]


def test_a_chinese_browser_gets_a_chinese_page_and_can_switch(
    product: Product, model: StreamingModel, open_page: OpenPage
) -> None:
    model.answers = {"你能做什么": "我会查天气。"}
    page = online(open_page(product.url, locale="zh-CN"))
    assert page.locator(".state-text").inner_text() == "在线"
    page.get_by_role("button", name="你能做什么？").click()
    wait_for_answers(page, 1)
    assert "我会查天气" in answers(page).inner_text()
    page.click("#language")
    assert page.locator(".state-text").inner_text() == "Online"
    page.reload()
    online(page)
    assert page.locator(".state-text").inner_text() == "Online"


def test_the_phone_layout_does_not_scroll_sideways(
    product: Product, model: StreamingModel, open_page: OpenPage
) -> None:
    model.answers = {"": f"```\n{'x' * 300}\n```\n\n| {'wide | ' * 20}\n|{'---|' * 20}\n\n{'y' * 300}"}
    page = online(open_page(product.url, viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True))
    say(page, "z" * 300)
    wait_for_answers(page, 1)
    assert page.evaluate("() => document.documentElement.scrollWidth") == 390
    assert page.evaluate("() => document.getElementById('scroller').scrollWidth") == 390


def test_a_site_embeds_the_chat_when_the_bot_allows_it(
    product: Product, site: str, open_page: OpenPage, model: StreamingModel
) -> None:
    page = open_page(site, viewport={"width": 1000, "height": 800})
    page.locator("clawdbot-chat").wait_for(state="attached", timeout=WAIT_MS)
    page.mouse.click(1000 - 48, 800 - 48)  # the button is in a closed shadow root
    refused = embedded(page)
    page.wait_for_timeout(1500)
    assert refused.locator("#text").count() == 0

    allow = f"from bots.models import Bot; Bot.objects.filter(slug='demo').update(allowed_origins=['{site}'])"
    product.manage("shell", "-v", "0", "-c", allow)
    page.reload()
    page.locator("clawdbot-chat").wait_for(state="attached", timeout=WAIT_MS)
    page.mouse.click(1000 - 48, 800 - 48)
    chat = embedded(page)
    chat.locator('.state[data-state="online"]').wait_for(timeout=WAIT_MS)
    chat.locator("#text").fill("hello from elsewhere")
    chat.locator("#send").click()
    chat.locator(".message.assistant:not(.streaming)").wait_for(timeout=WAIT_MS)
    chat.locator("#close").click()
    chat.locator("#text").wait_for(state="hidden", timeout=WAIT_MS)


@pytest.fixture
def site(product: Product) -> Iterator[str]:
    """Serves a web site with the script tag; yields its origin."""
    tag = f'<!doctype html><h1>A shop</h1><script src="{product.url}/chat/demo/embed.js" async></script>'

    page = Answer(200, tag.encode(), {"Content-Type": "text/html"})
    with serve(lambda _request: page) as server:
        yield server.url.replace("127.0.0.1", "localhost")
