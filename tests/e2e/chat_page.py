"""What a person does and sees on the chat page."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Frame, Locator, Page

OpenPage = Callable[..., "Page"]
WAIT_MS = 60_000


def online(page: Page) -> Page:
    """Waits until the page can talk to the server."""
    page.locator('.state[data-state="online"]').wait_for(timeout=WAIT_MS)
    return page


def say(page: Page, text: str) -> None:
    page.fill("#text", text)
    page.keyboard.press("Enter")


def answers(page: Page) -> Locator:
    return page.locator(".message.assistant:not(.streaming)")


def questions(page: Page) -> list[str]:
    return page.locator(".message.user .bubble").all_inner_texts()


def wait_for_answers(page: Page, count: int) -> None:
    answers(page).nth(count - 1).wait_for(timeout=WAIT_MS)
    assert answers(page).count() == count


def embedded(page: Page) -> Frame:
    """Returns the frame of the chat, which no locator reaches in its closed shadow root."""
    while len(page.frames) < 2:
        page.wait_for_timeout(50)
    page.frames[1].wait_for_load_state()
    return page.frames[1]
