from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from memory import database

Switch = Callable[..., None]


@pytest.fixture
def memory_queries(django_assert_num_queries: Any) -> Callable[[int], Any]:
    """A block in which so many queries go to the memory database."""
    return lambda number: django_assert_num_queries(number, connection=database.connection())


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
