"""SIGKILL under load: no answer is lost, duplicated or out of order."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests import load
from tests.product import Product

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

MESSAGES = 80
RATE = 20.0


def test_killed_in_mid_load_nothing_is_lost_doubled_or_out_of_order(tmp_path: Path) -> None:
    product = Product(tmp_path / "home", {"CLAWDBOT_MODEL_SERVER__ENABLE": "false"})
    with load.prepared(product) as messages:
        messages.api.fail_until = time.monotonic() + 3600
        product.start()
        try:
            messages.api.fail_until = time.monotonic() + 1.5
            for _ in range(2):
                messages.begin(MESSAGES, RATE)
                # A send whose refusal the killed process did not read is unconfirmed, and rightly not sent again.
                messages.every_chat_is_answered()
                time.sleep(1.0)
                product.kill()
                product.start()
            messages.delivered()
            messages.answered_within(240)
        finally:
            product.stop()
        messages.check()
