"""The real product with a scripted model, and a real browser in front of it."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.http_server import Server
from tests.peers import MODEL, StreamingModel
from tests.product import Product

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

# No real models: these tests are about the path through the product.
SETTINGS = {
    "CLAWDBOT_MODEL_SERVER__ENABLE": "false",
    "CLAWDBOT_SEMANTIC_SEARCH__ENABLE": "false",
    "CLAWDBOT_WORKER__PROCESSES": "1",
}
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--use-fake-device-for-media-stream",
]  # fmt: skip


@pytest.fixture(scope="session")
def model() -> StreamingModel:
    return StreamingModel()


@pytest.fixture(autouse=True)
def plain_model(model: StreamingModel) -> None:
    """Forgets what the test before let the model say."""
    model.pause_s = 0.0
    model.answers = {"": "All right."}


@pytest.fixture(scope="session")
def shared_product(tmp_path_factory: pytest.TempPathFactory, model: StreamingModel) -> Iterator[Product]:
    with model.server() as server, answering(tmp_path_factory.mktemp("home"), server) as made:
        yield made


@pytest.fixture(scope="module")
def product(shared_product: Product) -> Product:
    """The product on a free port in a home of its own; it answers with `model`.

    Files that follow one another share it, because a start takes ten seconds of a core: a file takes back what it gives
    to all visitors, such as a flow.
    """
    if not shared_product.is_running():
        shared_product.start()
    return shared_product


@contextlib.contextmanager
def answering(home: Path, model_server: Server) -> Iterator[Product]:
    """Prepares a product that answers with this model, and stops it in the end."""
    made = Product(home, dict(SETTINGS))
    made.migrate()
    try:
        made.manage("provider", "add", "stub", "--endpoint", f"{model_server.url}/v1", "--model", MODEL)
        yield made
    finally:
        made.stop()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
    """Stops the shared product when the next test does without it: idle, it would take time from the others."""
    shared = getattr(item, "funcargs", {}).get("shared_product")
    yield
    if shared is not None and "shared_product" not in getattr(nextitem, "fixturenames", ()):
        shared.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    api = pytest.importorskip("playwright.sync_api", reason="needs playwright (requirements-dev.txt)")
    names = ("chromium", "chromium-browser", "google-chrome", "chrome")
    found = os.environ.get("CLAWDBOT_TEST_BROWSER") or next(filter(None, map(shutil.which, names)), None)
    if found is None or not Path(found).exists():
        pytest.skip("needs Chromium or Chrome (CLAWDBOT_TEST_BROWSER names the executable)")
    with api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield started
        started.close()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Opens a page of a fresh browser profile; an error in the page's own code fails the test."""
    contexts: list[Any] = []
    errors: list[str] = []

    def open_one(url: str, **settings: Any) -> Page:
        context = browser.new_context(**({"locale": "en-GB", "timezone_id": "Asia/Shanghai"} | settings))
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(url)
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert errors == []
