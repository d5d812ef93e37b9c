"""Errors of model calls keep what they know when they cross a process border."""

from __future__ import annotations

import pickle

import pytest

from bots.llm import Cancelled, ModelError, NoModelAvailable, ProviderError


@pytest.mark.parametrize(
    "error", [ProviderError("no", permanent=True), NoModelAvailable("none", retry_after=3.5), Cancelled("so far")]
)
def test_errors_pickle_with_what_they_know(error: ModelError) -> None:
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is type(error)
    assert (str(copy), copy.permanent, copy.retry_after) == (str(error), error.permanent, error.retry_after)
    assert copy.__dict__ == error.__dict__
