"""The first suggestion of the chat page is sent as it reads, and its answer names what the bot can really do."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.e2e.chat_page import OpenPage, answers, online, questions, wait_for_answers
from tests.e2e.conftest import SETTINGS
from tests.product import Product

LANGUAGES = [("en-GB", "What can you do?", "I can also do this:"), ("zh-CN", "你能做什么？", "我还可以")]


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """A product without a model."""
    made = Product(tmp_path_factory.mktemp("home"), dict(SETTINGS))
    made.migrate()
    made.start()
    yield made
    made.stop()


@pytest.mark.parametrize(("locale", "asked", "beginning"), LANGUAGES)
def test_it_is_the_sentence_and_its_example_works(
    product: Product, open_page: OpenPage, locale: str, asked: str, beginning: str
) -> None:
    page = online(open_page(product.url, locale=locale))
    page.get_by_role("button", name=asked).click()
    wait_for_answers(page, 1)
    assert questions(page) == [asked]
    told = answers(page).first.inner_text()
    assert beginning in told
    (sum_asked,) = re.findall(r"“([^”]*\d+(?:%|\*)[^”]*)”", told)
    page.fill("#text", sum_asked)
    page.keyboard.press("Enter")
    wait_for_answers(page, 2)
    assert re.search(r"\b12\b|1,?081", answers(page).last.inner_text())


def test_it_names_no_skill_that_is_switched_off(product: Product, open_page: OpenPage) -> None:
    product.manage("skill", "disable", "calculator")
    try:
        page = online(open_page(product.url))
        page.get_by_role("button", name="What can you do?").click()
        wait_for_answers(page, 1)
        told = answers(page).first.inner_text()
        assert "15%" not in told
        assert "10 km in miles" in told
    finally:
        product.manage("skill", "enable", "calculator")
