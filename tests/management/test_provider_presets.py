"""`manage.py provider`: presets, the models of an endpoint, and keys that stay out of the shell's history."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from bots.models import ModelProvider
from tests.http_server import json_answer, serve
from tests.llm.builders import make_provider, refusal

pytestmark = pytest.mark.django_db


def _run(*arguments: str) -> str:
    out = io.StringIO()
    call_command("provider", *arguments, stdout=out)
    return out.getvalue()


def test_a_preset_needs_no_more_than_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEEPSEEK_API_KEY", "Bearer sk-env\n")
    assert "Provider deepseek is used" in _run("add", "--preset", "deepseek", "--api-key-env", "DEEPSEEK_API_KEY")
    row = ModelProvider.objects.get()
    assert (row.endpoint, row.model, row.api_key) == ("https://api.deepseek.com/v1", "deepseek-chat", "sk-env")
    monkeypatch.setattr("sys.stdin", io.StringIO("sk-ant\n"))
    _run("add", "claude", "--preset", "Anthropic", "--model", "claude-opus-4-5", "--api-key", "-", "--priority", "5")
    row = ModelProvider.objects.get(name="claude")
    assert (row.protocol, row.model, row.api_key, row.priority) == ("anthropic", "claude-opus-4-5", "sk-ant", 5)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("add", "x"), "--endpoint, --model"),
        (("add", "--preset", "deepsek"), "known: openai, anthropic"),
        (("add", "--preset", "deepseek"), "Enter the API key"),
        (("add", "--preset", "deepseek", "--api-key-env", "NOT_SET_HERE"), "NOT_SET_HERE is empty"),
        (("add", "--preset", "ollama"), "Choose a model"),
        (("models", "nobody"), "no provider nobody"),
    ],
)
def test_what_is_missing_is_one_line(arguments: tuple[str, ...], told: str) -> None:
    with pytest.raises(CommandError) as error:
        _run(*arguments)
    assert told in str(error.value)
    assert "\n" not in str(error.value)


def test_presets_and_models_are_listed() -> None:
    rows: list[dict[str, Any]] = json.loads(_run("presets", "--json"))
    assert {"openai", "zhipu", "ollama"} <= {row["preset"] for row in rows}
    assert "https://api.deepseek.com/v1" in _run("presets")
    with serve() as server:
        make_provider(server, name="mine")
        server.answer(json_answer({"data": [{"id": "m-1"}, {"id": "m-2"}]}))
        assert _run("models", "mine").split() == ["m-1", "m-2"]
        assert json.loads(_run("models", "mine", "--json"))[0]["name"] == "m-1"
        assert server.requests[0].headers["authorization"] == "Bearer sk-test-key"
        server.answer(refusal(401))
        with pytest.raises(CommandError, match=r"the API key was refused .* Make a new key"):
            _run("models", "mine")
