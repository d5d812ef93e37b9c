"""The address of an endpoint works as people write it: without /v1, with the path of a call, with a query."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from bots.llm import NoModelAvailable, complete, connection_test
from bots.models import ModelProvider
from bots.operations.providers import add_provider, first_model
from tests.http_server import Answer, Recorded, Server, json_answer
from tests.llm.builders import QUESTION, chat, make_provider, refusal, stream

pytestmark = pytest.mark.django_db

PAGE = Answer(200, b"<!DOCTYPE html><html><title>A gateway</title></html>", {"Content-Type": "text/html"})


def only_at(path: str, otherwise: Answer) -> Any:
    """A server that has chat completions at one path."""

    def respond(request: Recorded) -> Answer:
        if request.path.partition("?")[0] != f"{path}/chat/completions":
            return otherwise
        return stream("yes") if b'"stream":true' in request.body.replace(b" ", b"") else chat("yes")

    return respond


OTHERS = {
    "JSON": json_answer({"detail": "Not Found"}, 404),
    "text": Answer(404, b"404 page not found", {"Content-Type": "text/plain"}),
    "page with 404": Answer(404, PAGE.body, PAGE.headers),
    "page with 200": PAGE,
    "method": json_answer({"detail": "Method Not Allowed"}, 405),
}


@pytest.mark.parametrize("otherwise", OTHERS.values(), ids=OTHERS)
@pytest.mark.parametrize(("served", "stored"), [("/v1", ""), ("", "/v1"), ("/gw/v1", "/gw"), ("/gw", "/gw/v1")])
@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_the_other_form_of_the_address_is_tried_and_kept(
    served: str, stored: str, otherwise: Answer, streamed: bool, endpoint: Server
) -> None:
    endpoint.respond = only_at(served, otherwise)
    row = make_provider(endpoint)
    ModelProvider.objects.filter(pk=row.pk).update(endpoint=f"{endpoint.url}{stored}")  # of an older version
    for _ in range(2):
        assert complete(QUESTION, on_token=(lambda _: None) if streamed else None).text == "yes"
    right = [f"{served}/chat/completions"] * 2
    assert [request.path for request in endpoint.requests][-2:] == right
    assert len(endpoint.requests) <= 3, "the second call knows the form"
    row.refresh_from_db()
    assert connection_test.test_provider(row).ok


@pytest.mark.parametrize(
    "typed", ["{url}", "{url}/", "{host}/v1/chat/completions", " {url}/v1/chat/completions?tenant=a \n", "“{url}/v1”"]
)
def test_what_people_type_reaches_the_calls(typed: str, endpoint: Server) -> None:
    endpoint.respond = only_at("/v1", OTHERS["JSON"])
    row = add_provider("main", typed.format(url=endpoint.url, host=endpoint.url.removeprefix("http://")), "m")
    assert row.endpoint.partition("?")[0] == f"{endpoint.url}/v1"
    assert complete(QUESTION).text == "yes"
    assert connection_test.test_provider(row).ok
    wanted = "/v1/chat/completions" + ("?tenant=a" if "tenant" in typed else "")
    assert {request.path for request in endpoint.requests} == {wanted}


def test_a_deployment_of_azure_gets_version_and_key(endpoint: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    from clawdbot import http
    from tests.proxy_server import serve_proxy

    endpoint.respond = only_at("/openai/deployments/big", OTHERS["JSON"])
    with serve_proxy(int(endpoint.url.rpartition(":")[2])) as proxy:
        http.configure_proxies({"http": proxy.url("http")})  # stands for the name server
        address = "http://shop.openai.azure.com/openai/deployments/big/chat/completions?api-version=2024-10-21"
        add_provider("azure", address, "big", api_key="azure-key")
        assert complete(QUESTION).text == "yes"
    [request] = endpoint.requests
    assert request.path == "/openai/deployments/big/chat/completions?api-version=2024-10-21"
    assert request.headers["api-key"] == "azure-key"


def test_an_address_without_calls_is_said_with_the_mend(endpoint: Server, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    endpoint.answer(OTHERS["JSON"])
    row = make_provider(endpoint)
    with pytest.raises(NoModelAvailable):
        complete(QUESTION)
    row.refresh_from_db()
    told = "no such model or address; the address is the base of the API, e.g. https://api.openai.com/v1"
    assert row.last_error == f"HTTP 404: {told}"
    assert [request.path for request in endpoint.requests] == ["/v1/chat/completions", "/chat/completions"]
    endpoint.answer(PAGE)
    assert str(connection_test.test_provider(row).text) == told


def test_a_missing_model_is_no_wrong_address(endpoint: Server) -> None:
    endpoint.answer(refusal(404, "The model `m` does not exist", code="model_not_found"))
    assert not connection_test.test_provider(make_provider(endpoint)).ok
    assert len(endpoint.requests) == 1


def test_an_address_that_redirects_is_told_the_right_one(endpoint: Server, second: Server) -> None:
    endpoint.respond = lambda request: Answer(301, b"", {"Location": f"{second.url}/api{request.path}?x=secret-word"})
    second.answer(OTHERS["method"])
    result = connection_test.test_provider(make_provider(endpoint))
    assert str(result.text) == f"HTTP 405: the endpoint redirects to another address: enter {second.url}/api"


def test_the_first_model_is_found_where_the_calls_are(endpoint: Server) -> None:
    models = json_answer({"data": [{"id": "big"}]})
    endpoint.respond = lambda request: models if request.path == "/v1/models?a=b" else OTHERS["text"]
    assert first_model(f"{endpoint.url}?a=b") == "big"
