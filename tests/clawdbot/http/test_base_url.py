"""A base address is understood as people copy it, or the error says how to write it."""

from __future__ import annotations

import pytest

from clawdbot.http.base_url import AddressUnusable, normal, other_form, split_query

AZURE = "https://shop.openai.azure.com"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("https://api.openai.com", "https://api.openai.com/v1"),
        ("api.openai.com", "https://api.openai.com/v1"),
        ("HTTPS://API.OpenAI.com/v1/", "https://api.openai.com/v1"),
        ("https://api.openai.com/v1/chat/completions", "https://api.openai.com/v1"),
        ("https://api.openai.com//v1//chat/completions/", "https://api.openai.com/v1"),
        ("https://api.example.com/v1/chat", "https://api.example.com/v1"),
        ("https://api.example.com/v1/models/big-1", "https://api.example.com/v1"),
        ("https://api.example.com/v1/embeddings", "https://api.example.com/v1"),
        ("https://api.example.com/v1#", "https://api.example.com/v1"),
        ("  “https://api.example.com/v1”,\r\n", "https://api.example.com/v1"),
        ("'https://api.example.com/v1'", "https://api.example.com/v1"),
        ("`https://api.example.com/v1`", "https://api.example.com/v1"),
        ("<https://api.example.com/v1>", "https://api.example.com/v1"),
        ("https://api.example.com/\n  v1/chat/\n  completions", "https://api.example.com/v1"),
        ("\ufeffhttps://api.example.com\u200b/v1", "https://api.example.com/v1"),
        ("https：//api.example.com／v1", "https://api.example.com/v1"),
        ("https:/api.example.com/v1", "https://api.example.com/v1"),
        ("https:api.example.com/v1", "https://api.example.com/v1"),
        ("//api.example.com/v1", "https://api.example.com/v1"),
        ("https://https://api.example.com/v1", "https://api.example.com/v1"),
        ("https://open.bigmodel.example/api/paas/v4/chat/completions", "https://open.bigmodel.example/api/paas/v4"),
        ("https://g.example/v1beta/openai/", "https://g.example/v1beta/openai"),
        ("https://webui.example/api/chat/completions", "https://webui.example/api"),
        ("localhost:11434", "http://localhost:11434/v1"),
        ("http://localhost:11434/api/chat", "http://localhost:11434/v1"),
        ("http://localhost:11434/api/", "http://localhost:11434/v1"),
        ("http://gpu.example/ollama/api/generate", "http://gpu.example/ollama/v1"),
        ("10.0.0.5:8000/v1", "http://10.0.0.5:8000/v1"),
        ("ollama:11434/v1", "http://ollama:11434/v1"),
        ("http://[fd00::5]:8000", "http://[fd00::5]:8000/v1"),
        (AZURE, f"{AZURE}/openai/v1"),
        (f"{AZURE}/openai/v1/", f"{AZURE}/openai/v1"),
        (
            f"{AZURE}/openai/deployments/big/chat/completions?api-version=2024-10-21",
            f"{AZURE}/openai/deployments/big?api-version=2024-10-21",
        ),
        ("https://gw.example/v1/?tenant=a&mode=b&", "https://gw.example/v1?tenant=a&mode=b"),
        ("", ""),
        (" \n", ""),
    ],
)
def test_an_address_is_brought_into_the_form_of_requests(typed: str, meant: str) -> None:
    assert normal(typed) == meant
    assert normal(meant) == meant


@pytest.mark.parametrize(
    ("typed", "mend"),
    [
        ("ftp://api.example.com", "must begin with http:// or https://"),
        ("https://", "must begin with http:// or https://"),
        ("https://:8000/v1", "must begin with http:// or https://"),
        ("https://api.example.com:99999/v1", "must begin with http:// or https://"),
        ("https://api.example.com/v1 (production)", "must begin with http:// or https://"),
        ("openai", "must begin with http:// or https://"),
        ("sk-abc123", "must begin with http:// or https://"),
        ("https://me:secret-word@api.example.com/v1", "must not hold a user name"),
        ("https://api.example.com/v1?key=secret-word", "must not hold a key: enter it as the API key"),
        (f"{AZURE}/openai/deployments/big", "needs the version of Azure's API at its end, e.g. \\?api-version=20"),
    ],
)
def test_what_cannot_be_used_is_said_with_its_mend(typed: str, mend: str) -> None:
    with pytest.raises(AddressUnusable, match=mend) as caught:
        normal(typed)
    assert "secret-word" not in str(caught.value)


def test_the_other_form_has_a_version_or_has_none() -> None:
    assert other_form("https://a.example/v1") == "https://a.example"
    assert other_form("https://a.example/gateway") == "https://a.example/gateway/v1"
    assert other_form("https://a.example/api/v4") == ""
    assert other_form("https://a.example/v1beta/openai") == ""


def test_the_query_is_repeated_with_each_request() -> None:
    assert split_query("https://a.example/v1?b=c%20d&e") == ("https://a.example/v1", {"b": "c d", "e": ""})
