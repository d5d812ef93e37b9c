from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
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
