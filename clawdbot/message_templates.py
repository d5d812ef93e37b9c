"""Recognising a sentence by its template, so that what was stored in English can be said in another language."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

_HOLE = re.compile(r"%\((\w+)\)s")


class Phrases:
    """Sentences with holes such as "no %(key)s is configured".

    Args:
        templates: The first one that fits counts, so the narrower ones come first.
        holes: What fits a hole, as a pattern by name; anything where none is given.
    """

    def __init__(self, templates: Iterable[str], holes: Mapping[str, str] | None = None) -> None:
        self._holes = dict(holes or {})
        self._patterns = [(template, re.compile(self._pattern(template), re.DOTALL)) for template in templates]

    def recognise(self, sentence: str) -> tuple[str, dict[str, str]] | None:
        """The template of a sentence, and what stands in its holes; None when it is none of these."""
        for template, pattern in self._patterns:
            if found := pattern.fullmatch(sentence):
                return template, found.groupdict()
        return None

    def _pattern(self, template: str) -> str:
        out, seen = [], set()
        for number, part in enumerate(_HOLE.split(template)):  # words, the name of a hole, words, ...
            if number % 2 == 0:
                out.append(re.escape(part))
            else:
                out.append(f"(?P={part})" if part in seen else f"(?P<{part}>{self._holes.get(part, '.+')})")
                seen.add(part)
        return "".join(out)
