"""A superuser chooses a model file in the browser; the running product serves it, replaces it and lets it go."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from urllib.request import urlopen

import pytest

from bots.llm import embedded_server
from tests.e2e.chat_page import WAIT_MS, OpenPage
from tests.e2e.conftest import SETTINGS
from tests.product import ROOT, Product, free_port
from tests.waiting import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(500)]
PAGE = "/admin/bots/modelprovider/connect/"


@pytest.fixture
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """A product that starts the model server, and has no model."""
    made = Product(tmp_path_factory.mktemp("home"), dict(SETTINGS))
    made.settings |= {"CLAWDBOT_MODEL_SERVER__ENABLE": "true", "CLAWDBOT_MODEL_SERVER__PORT": str(free_port())}
    made.migrate()
    made.start()
    yield made
    made.stop()


def model_of(product: Product) -> str:
    with urlopen(product.url + "/readyz", timeout=30) as response:
        return str(json.load(response)["parts"]["model"]["note"])


def has_model(product: Product) -> bool:
    time.sleep(0.5)  # a look costs the product some queries, and the model needs the processor
    return model_of(product).startswith("1 providers")


def servers(product: Product) -> list[str]:
    """Returns the commands of the model servers that this product started."""
    assert product.process is not None
    listed = subprocess.run(
        ["ps", "-ww", "-o", "args=", "--ppid", str(product.process.pid)], capture_output=True, text=True, check=False
    )
    return [line for line in listed.stdout.splitlines() if " modelserver " in line]


def test_a_file_is_chosen_served_and_taken_back(product: Product, open_page: OpenPage) -> None:
    assert model_of(product) == "no model is connected; the built-in responder answers"
    assert servers(product) == []
    folder = product.home / "models"
    folder.mkdir()
    file = folder / "小 model.gguf"
    file.symlink_to(embedded_server.demo_file())
    password = (product.home / "keys" / "admin-password").read_text("utf8").strip()
    page = open_page(f"{product.url}/admin/login/?next={PAGE}")
    page.fill("#id_username", "admin")
    page.fill("#id_password", password)
    page.click("#login-form button[type=submit]")
    page.wait_for_url(product.url + PAGE, timeout=WAIT_MS)
    form = page.locator("#model-file-form")
    page.fill("#model_file", str(folder / "absent.gguf"))
    form.locator("[type=submit]").click()
    form.locator(".claw-result-bad", has_text="there is no file").wait_for(timeout=WAIT_MS)
    assert page.locator("#connect-form .claw-result").is_hidden()
    page.fill("#model_file", str(file))
    form.locator("[type=submit]").click()
    page.get_by_text("The model server loads it now").wait_for(timeout=WAIT_MS)
    eventually(lambda: has_model(product), 150)
    (command,) = servers(product)
    assert command.endswith(f"--model-file {file}")
    page.reload()
    page.locator("#model-file-state", has_text="It runs with a context window").wait_for(timeout=WAIT_MS)
    page.get_by_role("button", name="Serve no file").click()
    page.get_by_text("No model file is served any more").wait_for(timeout=WAIT_MS)
    eventually(lambda: servers(product) == [], 150)
    assert model_of(product) == "no model is connected; the built-in responder answers"


def test_a_command_that_runs_by_itself_follows_the_choice(product: Product) -> None:
    """As with the systemd unit: `serve` starts no model server there."""
    product.stop()
    file = product.home / "own.gguf"
    file.symlink_to(embedded_server.demo_file())
    chosen = product.home / "modelfile.json"
    chosen.write_text(json.dumps({"model_file": str(file)}))
    process = subprocess.Popen(
        [sys.executable, "manage.py", "modelserver"],
        cwd=ROOT,
        env=product.environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        first = process.stdout.readline()
        assert first.startswith("Model ")
        chosen.unlink()
        assert process.stdout.readline().startswith("Demonstration model ")
    finally:
        process.terminate()
        process.wait(60)
        process.stdout.close()
