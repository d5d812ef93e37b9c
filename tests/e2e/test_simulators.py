"""Every platform end to end with its simulator: webhook, turn, reply, and a redelivery without a second reply."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters import registry
from tests.peers import StubModel
from tests.product import Product
from tests.skills.samples import PICTURE

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    home: Path = tmp_path_factory.mktemp("simulators")
    with StubModel().server() as model:
        off = {"CLAWDBOT_MODEL_SERVER__ENABLE": "false", "CLAWDBOT_SEMANTIC_SEARCH__ENABLE": "false"}
        config = home / "config.yaml"
        config.write_text("skills:\n  - module: tests.skills.samples.Chart\n    triggers: [chart]\n", "utf8")
        product = Product(home, off | {"CLAWDBOT_WORKER__PROCESSES": "1", "CLAWDBOT_CONFIG": str(config)})
        product.migrate()
        product.manage("bot", "add", "demo")
        product.manage("provider", "add", "stub", "--endpoint", f"{model.url}/v1", "--model", "stub")
        product.start()
        yield product
        product.stop()


@pytest.mark.parametrize("platform", registry.simulated())
def test_a_message_is_answered_once_however_often_it_is_delivered(product: Product, platform: str) -> None:
    shown = product.manage(
        "simulate", platform, "--url", product.url, "--text", "hello there", "--redeliver", "3", "--hurry", "100"
    )
    replies = [line for line in shown.splitlines() if line.startswith(("<", "~"))]
    assert sum("You said: hello there" in line for line in replies) == 1, shown


@pytest.mark.parametrize("platform", registry.simulated())
def test_a_reply_arrives_although_the_platform_fails_at_first(product: Product, platform: str) -> None:
    shown = product.manage("simulate", platform, "--url", product.url, "--text", "still there?", "--fail", "1")
    assert sum("You said: still there?" in line for line in shown.splitlines()) == 1, shown


@pytest.mark.parametrize("platform", ["telegram", "slack", "feishu", "line"])
def test_a_skill_answers_with_a_picture_between_texts(product: Product, platform: str) -> None:
    shown = product.manage("simulate", platform, "--url", product.url, "--text", "a chart please")
    if platform == "line":  # without a public address LINE cannot fetch it
        assert "cannot be sent in this chat" in shown
    else:
        assert f"< [图 表.png, image/png, {len(PICTURE)} bytes]" in shown
    assert shown.index("Here it is:") < shown.index("图 表.png") < shown.index("Anything else?")
