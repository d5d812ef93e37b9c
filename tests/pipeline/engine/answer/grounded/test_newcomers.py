"""Eighty dialogues of newcomers, through the pipeline of a fresh installation: nothing is invented.

`python benchmarks/newcomers.py` plays the same, with semantic search, and other dialogues with `--folder`.
"""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks import newcomers
from bots.models import Message
from skills.seed import seed_built_in
from tests.builders import make_bot, make_channel, say

LEAST_USEFUL = 36  # of 40 in each language; semantic search, which this test goes without, finds two more
FIRST = 50  # of the further dialogues; the later ones are harder, and only the benchmark plays them
LEAST_FURTHER = 7  # of the ten dialogues in each language that are played here


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("words_only")
@pytest.mark.parametrize("language", newcomers.LANGUAGES)
def test_newcomers_get_useful_answers_and_no_invention(language: str) -> None:
    played = _played(newcomers.dialogues(language), language)
    assert len(played) == 40
    assert [line for one in played for line in one.invented] == []
    assert sum(one.useful for one in played) >= LEAST_USEFUL, [one.missed for one in played if one.missed]


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("words_only")
@pytest.mark.parametrize("language", newcomers.LANGUAGES)
def test_dialogues_written_without_a_look_at_the_rules_hold(language: str) -> None:
    played = _played(newcomers.dialogues(language, newcomers.FURTHER)[:FIRST:5], language)
    assert len(played) == 10
    assert [line for one in played for line in one.invented] == []
    assert sum(one.useful for one in played) >= LEAST_FURTHER, [one.missed for one in played if one.missed]


def _played(dialogues: list[dict[str, Any]], language: str) -> list[newcomers.Played]:
    seed_built_in()
    played = []
    for dialogue in dialogues:
        channel = make_channel(make_bot(name="Ada"))

        def answer(text: str, channel: object = channel) -> str:
            say(channel, text)  # type: ignore[arg-type]
            said = Message.objects.filter(conversation__channel=channel, role="assistant")
            return said.values_list("text", flat=True).last() or ""

        played.append(newcomers.play(dialogue, language, answer))
    return played
