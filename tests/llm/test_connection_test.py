"""The connection test of a provider, for the admin and the command."""

from __future__ import annotations

import pytest

from bots.llm import NoModelAvailable, complete, test_provider
from tests.http_server import Server
from tests.llm.builders import QUESTION, chat, make_provider, refusal

pytestmark = pytest.mark.django_db
test_provider.__test__ = False  # type: ignore[attr-defined]  # the product names it so; it is not a test


def test_a_working_provider_shows_its_answer(endpoint: Server) -> None:
    row = make_provider(endpoint, enabled=False)
    endpoint.answer(chat("ready"))
    result = test_provider(row)
    assert (result.ok, result.text, result.model) == (True, "ready", "m-1")
    row.refresh_from_db()
    assert row.last_ok_at is not None


def test_a_failing_provider_shows_why(endpoint: Server) -> None:
    row = make_provider(endpoint)
    endpoint.answer(refusal(401, message="bad key sk-test-key"))
    result = test_provider(row)
    assert (result.ok, str(result.text)) == (False, "HTTP 401: the API key was refused (x)")
    row.refresh_from_db()
    assert row.last_error == str(result.text)
    assert (row.last_error_code, row.last_error_params["code"]) == ("endpoint_status_code", "x")


def test_a_test_that_succeeds_closes_the_circuit(endpoint: Server) -> None:
    row = make_provider(endpoint)
    endpoint.answer(refusal(401))
    with pytest.raises(NoModelAvailable):
        complete(QUESTION)
    endpoint.answer(chat("ready"))
    assert test_provider(row).ok
    assert complete(QUESTION).text == "ready"
