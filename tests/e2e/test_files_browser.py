"""A picture between texts in a real browser: in its place, there after a reload, and downloadable."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.e2e.conftest import SETTINGS
from tests.product import Product
from tests.skills.samples import PICTURE
from tests.waiting import eventually

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]
WAIT_MS = 60_000


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    home: Path = tmp_path_factory.mktemp("files")
    config = home / "config.yaml"
    config.write_text("skills:\n  - module: tests.skills.samples.Chart\n    triggers: [chart]\n", "utf8")
    started = Product(home, SETTINGS | {"CLAWDBOT_CONFIG": str(config)})
    started.migrate()
    started.start()
    yield started
    started.stop()


def shown(page: Page) -> list[str]:
    """Returns the parts of the answer in order; a picture as its name."""
    picture = page.locator(".message.assistant img")
    picture.wait_for(timeout=WAIT_MS)
    eventually(lambda: picture.evaluate("one => one.naturalWidth") == 1)
    return page.eval_on_selector_all(
        ".message.assistant .body > *", "all => all.map(one => one.querySelector('img')?.alt ?? one.textContent.trim())"
    )


def test_a_picture_is_shown_in_its_place_and_can_be_saved(product: Product, open_page: Callable[..., Page]) -> None:
    page = open_page(product.url)
    page.locator('.state[data-state="online"]').wait_for(timeout=WAIT_MS)
    page.fill("#text", "a chart please")
    page.keyboard.press("Enter")
    assert shown(page) == ["Here it is:", "图 表.png", "Sales", "Anything else?"]
    page.reload()
    assert shown(page) == ["Here it is:", "图 表.png", "Sales", "Anything else?"]
    with page.expect_download() as download:
        page.locator(".file-link").click()
    assert download.value.suggested_filename == "图 表.png"
    assert Path(download.value.path()).read_bytes() == PICTURE
