"""The models of an endpoint, in the forms in which services list them, and why there is no list."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from bots.llm import anthropic, connection_causes, local_servers, model_list
from bots.llm.errors import ProviderError, WrongAddress
from clawdbot.http import base_url
from clawdbot.reasons import Reason, why
from tests.http_server import Answer, Recorded, Server, json_answer, serve


def _names(endpoint: Server, answer: Answer, path: str = "/v1") -> list[str]:
    endpoint.answer(answer)
    return [model.name for model in model_list.fetch(f"{endpoint.url}{path}", "sk-1")]


@pytest.mark.parametrize(
    ("body", "names"),
    [
        (
            {"object": "list", "data": [{"id": "gpt-5", "object": "model"}, {"id": "gpt-5-mini"}]},
            ["gpt-5", "gpt-5-mini"],
        ),
        ([{"id": "meta-llama/Llama-3.3-70B", "context_length": 131072}], ["meta-llama/Llama-3.3-70B"]),
        ({"models": [{"name": "models/gemini-2.5-flash"}]}, ["gemini-2.5-flash"]),
        ({"data": [{"id": "models/gemini-2.5-pro"}]}, ["gemini-2.5-pro"]),
        ({"models": [{"name": "qwen3:0.6b", "model": "qwen3:0.6b"}]}, ["qwen3:0.6b"]),
        ({"data": ["deepseek-chat", {"id": "deepseek-reasoner"}]}, ["deepseek-chat", "deepseek-reasoner"]),
        (
            {"data": [{"id": "Qwen/Qwen3 8B"}, {"id": ""}, {"id": None}, {"id": 5}, 7, None, {"id": "x" * 200}]},
            ["Qwen/Qwen3 8B"],
        ),
        ({"data": [{"id": "a"}, {"id": "a"}, {"id": "evil\u202e\x1b"}]}, ["a"]),
        ({"object": "list", "data": None}, []),
        ({"model_names": ["Llama3-ChatQA 1.5"]}, ["Llama3-ChatQA 1.5"]),
        (
            {"data": [{"id": "text-embedding-3-large"}, {"id": "whisper-1"}, {"id": "gpt-5"}]},
            ["gpt-5", "text-embedding-3-large", "whisper-1"],
        ),
    ],
)
def test_every_form_of_a_list_is_read(endpoint: Server, body: Any, names: list[str]) -> None:
    assert _names(endpoint, json_answer(body)) == names


def test_a_thousand_models_are_listed_and_more_than_the_limit_cut(endpoint: Server) -> None:
    assert len(_names(endpoint, json_answer({"data": [{"id": f"m{n}"} for n in range(1000)]}))) == 1000
    assert len(_names(endpoint, json_answer({"data": [{"id": f"m{n}"} for n in range(6000)]}))) == model_list.MOST


@pytest.mark.parametrize(
    ("entry", "window", "sees"),
    [
        ({"context_length": 131072, "architecture": {"input_modalities": ["text", "image"]}}, 131072, True),
        ({"max_model_len": 4096}, 4096, None),
        ({"meta": {"n_ctx": 8192, "n_ctx_train": 40960}}, 8192, None),
        ({"context_window": "many", "capabilities": {"vision": False}}, 0, False),
        ({"max_context_length": 32768, "type": "vlm"}, 32768, True),
        ({"context_length": True, "meta": None, "architecture": None, "capabilities": []}, 0, None),
    ],
)
def test_window_and_images_are_read_where_the_endpoint_says_them(
    endpoint: Server, entry: dict[str, Any], window: int, sees: bool | None
) -> None:
    endpoint.answer(json_answer({"data": [{"id": "m", **entry}]}))
    (model,) = model_list.fetch(f"{endpoint.url}/v1")
    assert (model.context_tokens, model.can_see) == (window, sees)


def _why(endpoint: Server, answer: Answer, key: str = "sk-1") -> str:
    endpoint.answer(answer)
    with pytest.raises(ProviderError) as error:
        model_list.fetch(f"{endpoint.url}/v1", key)
    assert key not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (
            json_answer({"error": {"code": "invalid_api_key", "message": "Incorrect: sk-1"}}, 401),
            "HTTP 401: the API key was refused (invalid_api_key)",
        ),
        (json_answer({"error": {"type": "insufficient_quota", "code": 5}}, 429), "(insufficient_quota)"),
        (
            json_answer({"error": {"code": "unsupported_country_region_territory"}}, 403),
            "(unsupported_country_region_territory)",
        ),
        (json_answer([{"error": {"code": 400, "status": "FAILED_PRECONDITION"}}], 400), "(FAILED_PRECONDITION)"),
        (json_answer({"error": {"message": "Insufficient Balance"}}, 402), "HTTP 402"),
        (json_answer({"success": False, "error": "no"}), "the endpoint reported an error"),
        (json_answer({"hello": 1}), "the answer is no list of models"),
        (json_answer("models"), "the answer is no list of models"),
        (Answer(200, b"<!doctype html><html>", {"Content-Type": "text/html"}), "a web page answers"),
        (Answer(200, b"not json"), "the answer is no list of models"),
        (Answer(404, b"Not Found"), "HTTP 404"),
        (Answer(502, b"Bad Gateway"), "HTTP 502: the endpoint failed"),
        (Answer(301, b"", {"Location": "https://api.example.com/v1/models?key=1"}), "enter https://api.example.com/v1"),
        (Answer(302, b"", {"Location": "/login"}), "no such model or address"),
    ],
)
def test_why_there_is_no_list_is_said(endpoint: Server, answer: Answer, told: str) -> None:
    assert told in _why(endpoint, answer)


def test_the_key_does_not_follow_a_redirect(endpoint: Server, second: Server) -> None:
    _why(endpoint, Answer(307, b"", {"Location": f"{second.url}/v1/models"}))
    assert second.requests == []


def test_the_other_form_of_an_address_and_the_list_of_ollama_are_tried() -> None:
    def respond(request: Recorded) -> Answer:
        return json_answer({"data": [{"id": "m"}]}) if request.path == "/v1/models" else Answer(404)

    with serve(respond) as server:
        assert [model.name for model in model_list.fetch(server.url)] == ["m"]
        assert [model.name for model in model_list.fetch(f"{server.url}/v1")] == ["m"]
    assert list(model_list._addresses("http://127.0.0.1:11434/v1"))[-1] == "http://127.0.0.1:11434/api/tags"


def test_anthropic_and_azure_get_the_key_in_their_own_header(endpoint: Server) -> None:
    endpoint.answer(json_answer({"data": [{"id": "claude-sonnet-4-5", "type": "model"}], "has_more": False}))
    model_list.fetch(f"{endpoint.url}/v1", "sk-ant", protocol="anthropic")
    headers = endpoint.requests[0].headers
    assert (headers["x-api-key"], headers["anthropic-version"]) == ("sk-ant", "2023-06-01")
    assert headers["authorization"] == "Bearer sk-ant"  # where many gateways read it; not at Anthropic's own address
    assert "Authorization" not in anthropic.headers("https://api.anthropic.com", "sk-ant")
    assert base_url.key_headers("https://x.openai.azure.com/openai/v1", "k")["api-key"] == "k"


def test_of_azure_the_deployments_are_listed_and_not_its_models(
    endpoint: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(base_url, "is_azure", lambda host: True)
    deployed = [{"id": "team-gpt", "model": "gpt-4o", "object": "deployment"}]
    assert _names(endpoint, json_answer({"data": deployed, "object": "list"}), "/openai/v1") == ["team-gpt"]
    (asked,) = endpoint.requests
    assert asked.path.startswith("/openai/deployments?api-version=")
    assert asked.headers["api-key"] == "sk-1"
    absent = json_answer({"error": {"code": "404", "message": "Resource not found"}}, 404)
    with pytest.raises(ProviderError, match="does not list the deployments"):
        _names(endpoint, absent, "/openai/v1")
    denied = json_answer({"error": {"code": "401", "message": "Access denied"}}, 401)
    with pytest.raises(ProviderError, match="API key was refused"):
        _names(endpoint, denied, "/openai/v1")


def test_a_list_that_drips_ends_at_its_limit(endpoint: Server) -> None:
    endpoint.answer(Answer(200, b"", {}, tuple(b" " for _ in range(50)), lambda: time.sleep(0.1)))
    started = time.monotonic()
    with pytest.raises(ProviderError):
        model_list.fetch(f"{endpoint.url}/v1", timeout_s=(0.2, 0.3))
    assert time.monotonic() - started < 2


def test_a_private_address_is_not_asked_for_who_may_not_reach_it(endpoint: Server) -> None:
    with pytest.raises(ProviderError, match="private network"):
        model_list.fetch(f"{endpoint.url}/v1", public_only=True)
    assert endpoint.requests == []


VAGUE = Reason("no_connection")


def test_a_failed_connection_is_traced_to_name_port_or_certificate(endpoint: Server) -> None:
    def cause(address: str, **values: Any) -> str:
        return str(connection_causes.refined(VAGUE, address, **values))

    assert cause("http://no-such-host.invalid/v1") == "there is no host no-such-host.invalid"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    assert cause(f"http://127.0.0.1:{port}/v1") == f"nothing answers at port {port} of 127.0.0.1"
    assert cause(endpoint.url.replace("http:", "https:")) == "the port speaks no https"
    assert cause(endpoint.url) == "no connection"
    assert cause(endpoint.url, public_only=True) == "no connection"
    other = Reason("quota")
    assert connection_causes.refined(other, endpoint.url) is other


def test_a_self_signed_certificate_is_named(certificate: Path) -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            for _ in range(2):
                sock, _address = listener.accept()
                try:
                    tls.wrap_socket(sock, server_side=True).close()
                except OSError:
                    sock.close()

        threading.Thread(target=answer, daemon=True).start()
        address = f"https://127.0.0.1:{listener.getsockname()[1]}/v1"
        with pytest.raises(ProviderError) as error:
            model_list.fetch(address)
        told = str(connection_causes.refined(why(error.value), address))
    assert told.startswith("the certificate is not trusted (self")


def test_servers_of_this_machine_are_found_at_the_same_time(
    endpoint: Server, second: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint.answer(json_answer({"data": [{"id": "qwen3:0.6b"}]}))
    second.answer(Answer(401))
    ports = [int(server.url.rpartition(":")[2]) for server in (endpoint, second)]
    with serve(lambda _request: Answer(200, b"<html>")) as page, socket.create_server(("127.0.0.1", 0)) as silent:
        other = int(page.url.rpartition(":")[2])
        usual = (
            (ports[0], "ollama", "Ollama"),
            (ports[1], "vllm", "vLLM"),
            (other, "other", "page"),
            (silent.getsockname()[1], "other", "silent"),
        )
        monkeypatch.setattr(local_servers, "PORTS", usual)
        started = time.monotonic()
        found = local_servers.find()
        assert time.monotonic() - started < 4
    assert [(one.name, one.models, one.needs_key) for one in found] == [
        ("Ollama", ("qwen3:0.6b",), False),
        ("vLLM", (), True),
    ]


def test_a_page_at_the_address_is_a_wrong_address(endpoint: Server) -> None:
    endpoint.answer(Answer(200, b"<html>"))
    with pytest.raises(WrongAddress):
        model_list.fetch(f"{endpoint.url}/v1")
