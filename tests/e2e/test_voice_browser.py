"""The record button of the web chat in a real browser, with a microphone that plays a tone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from tests.peers import StreamingModel
from tests.product import Product
from tests.speech_server import SpeechServer

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def ears(product: Product) -> Iterator[SpeechServer]:
    made = SpeechServer(hears="Where is my parcel?")
    with made.server() as server:
        place = ("--endpoint", f"{server.url}/v1", "--model", "whisper-1")
        product.manage("provider", "add", "ears", *place, "--kind", "transcription")
        yield made


def test_a_recording_is_heard_and_answered_and_a_denied_microphone_is_explained(
    product: Product, ears: SpeechServer, model: StreamingModel, open_page: Callable[..., Page]
) -> None:
    page = open_page(product.url, permissions=["microphone"])
    page.wait_for_selector('[data-state="online"]')
    button = page.locator("#record")
    assert button.get_attribute("aria-pressed") == "false"
    button.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector('#record[aria-pressed="true"]')
    assert button.get_attribute("aria-label") == "Stop and send the recording"
    page.wait_for_timeout(600)
    page.keyboard.press("Enter")
    thread = page.locator("#thread")
    thread.get_by_text("Where is my parcel?").wait_for()
    thread.get_by_text("All right.").wait_for()
    assert thread.get_by_text("🎤").count() == 0
    (asked,) = ears.asked
    assert (asked.name, asked.body[:4]) == ("recording.webm", b"\x1a\x45\xdf\xa3")

    denied = open_page(product.url, locale="zh-CN", permissions=[])
    denied.wait_for_selector('[data-state="online"]')
    refusal = "Promise.reject(new DOMException('', 'NotAllowedError'))"
    denied.evaluate(f"() => {{ navigator.mediaDevices.getUserMedia = () => {refusal}; }}")
    denied.locator("#record").click()
    denied.locator("#thread").get_by_text("浏览器不允许此页面使用麦克风").wait_for()
