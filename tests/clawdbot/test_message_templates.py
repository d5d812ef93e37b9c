from __future__ import annotations

import pytest

from clawdbot.message_templates import Phrases

PHRASES = Phrases(
    ("%(who)s answered %(code)s: %(told)s", "%(who)s answered %(code)s", "%(n)s of %(n)s"), {"code": r"\d+"}
)


@pytest.mark.parametrize(
    ("sentence", "found"),
    [
        ("X answered 4", ("%(who)s answered %(code)s", {"who": "X", "code": "4"})),
        (
            "X answered 4: no\n(*)",
            ("%(who)s answered %(code)s: %(told)s", {"who": "X", "code": "4", "told": "no\n(*)"}),
        ),
        ("3 of 3", ("%(n)s of %(n)s", {"n": "3"})),
        ("3 of 4", None),
        ("X answered no", None),
        ("", None),
    ],
)
def test_a_sentence_is_recognised_with_what_stands_in_its_holes(
    sentence: str, found: tuple[str, dict[str, str]] | None
) -> None:
    assert PHRASES.recognise(sentence) == found
