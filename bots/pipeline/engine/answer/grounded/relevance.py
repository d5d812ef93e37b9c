"""Whether a memory is related to a question, by the figures of the recall."""

from __future__ import annotations

from memory.types import Hit

# A memory that shares too few words with the question is shown only when it means nearly the same.
LEAST_COVERAGE = 0.4
LEAST_COSINE = 0.86
SURE_COVERAGE = 0.4
"""For a question that is not about the person: most of its words must be there."""


def related(hit: Hit) -> bool:
    """Returns whether a memory shares words with the question or means nearly the same."""
    return hit.why.get("coverage", 1.0) >= LEAST_COVERAGE or hit.why.get("cosine", 0.0) >= LEAST_COSINE


def surely_related(hit: Hit) -> bool:
    """Returns whether a memory holds most of the words of the question."""
    return hit.why.get("coverage", 1.0) >= SURE_COVERAGE
