"""The images and what their tests share: built once a run, and only where tests of images run."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import clawdbot
from tests.packaging.containers import Image, Storage
from tests.peers import StubModel


@pytest.fixture(scope="session")
def storage() -> Iterator[Storage]:
    storage = Storage()
    try:
        storage.build("app", "model")
        yield storage
    finally:
        storage.remove()


@pytest.fixture(scope="session")
def app(storage: Storage) -> Image:
    return storage.image(f"localhost/clawdbot:{clawdbot.__version__}")


@pytest.fixture(scope="session")
def model(storage: Storage) -> Image:
    return storage.image(f"localhost/clawdbot-model:{clawdbot.__version__}")


@pytest.fixture(scope="session")
def settings() -> Iterator[dict[str, str]]:
    with StubModel().server() as stub:
        yield {
            "CLAWDBOT_MODEL_SERVER__ENABLE": "false",
            "CLAWDBOT_WORKER__PROCESSES": "1",
            "CLAWDBOT_ADMIN__PASSWORD": "a long password",
            "CLAWDBOT_MODEL_PROVIDER__ENDPOINT": f"{stub.url}/v1",
            "CLAWDBOT_MODEL_PROVIDER__MODEL": "stub",
        }
