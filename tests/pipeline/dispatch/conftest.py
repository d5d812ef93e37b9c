from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from bots.models import Channel
    from tests.pipeline.dispatch.failing_model import FailingModel


@pytest.fixture
def down() -> Iterator[FailingModel]:
    """The only provider; it fails."""
    from bots.models import ModelProvider
    from tests.http_server import serve
    from tests.pipeline.dispatch.failing_model import FailingModel

    made = FailingModel()
    with serve(made.answer) as server:
        ModelProvider.objects.create(name="main", endpoint=f"{server.url}/v1", model="m", timeout_s=5.0)
        yield made


@pytest.fixture
def collecting(channel: Channel) -> Channel:
    """The channel of a bot that waits for ten seconds: a slow machine does not end the wait."""
    from tests.pipeline.dispatch.bursts import use

    use(channel, "collect", burst_quiet_s=10, burst_longest_s=40)
    return channel


@pytest.fixture
def interrupting(channel: Channel) -> Channel:
    from tests.pipeline.dispatch.bursts import use

    use(channel, "interrupt")
    return channel
