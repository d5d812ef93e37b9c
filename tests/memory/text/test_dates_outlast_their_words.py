"""A memory with "last week" keeps the dates of that week. Other products keep only the words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from memory.ranking.render import meant
from memory.store import MemoryStore
from tests.memory.builders import found, person, say, turn

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("words_only"), pytest.mark.databases]
SAID_AT = datetime(2026, 3, 18, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "question", "line"),
    [
        ("Last week I ran a marathon", "who ran a marathon", "Last week = 2026-03-09 – 2026-03-15"),
        ("我上周五跑了马拉松", "马拉松", "上周五 = 2026-03-13"),
    ],
)
def test_time_is_not_lost_however_late_it_is_recalled(said: str, question: str, line: str) -> None:
    scope = person()
    say(scope, said, occurred_at=SAID_AT)
    years_later = SAID_AT + timedelta(days=900)
    [hit] = MemoryStore(scope.bot_id).recall(scope, question, now=years_later).hits
    assert hit.occurred_at == SAID_AT
    assert meant(hit, hit.occurred_at.date()) == line


def test_time_is_not_lost_when_the_question_names_the_day_itself() -> None:
    scope = person()
    say(scope, "Yesterday I signed the lease", occurred_at=SAID_AT)
    say(scope, "Yesterday I signed a petition", occurred_at=SAID_AT + timedelta(days=60), session="s2")
    assert found(scope, "what did I sign on 17 March 2026")[0] == "Yesterday I signed the lease"
    assert found(scope, "what did I sign on 16 May 2026")[0] == "Yesterday I signed a petition"


def test_a_memory_without_a_time_zone_is_refused_because_it_would_have_no_day() -> None:
    scope = person()
    with pytest.raises(ValueError, match="aware"):
        turn(scope, "Yesterday I signed the lease", occurred_at=datetime(2026, 3, 18, 10))  # noqa: DTZ001
