from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Switch = Callable[..., None]


@pytest.fixture
def semantic(settings: Any) -> Switch:
    """Changes settings of semantic search for one test, as in `semantic(enable=False)`."""

    def change(**values: object) -> None:
        section = settings.CLAWDBOT.semantic_search.model_copy(update=values)
        settings.CLAWDBOT = settings.CLAWDBOT.model_copy(update={"semantic_search": section})

    return change


@pytest.fixture
def lexical_only(semantic: Switch) -> None:
    semantic(enable=False)
