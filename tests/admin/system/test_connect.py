"""The page "Connect a model": presets, the list of models, a test with figures, and who may reach what."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from bots.models import AuditEntry, Bot, BotProvider, ModelProvider
from bots.operations import connect, entered_keys
from bots.operations.errors import OperationError
from tests.admin.builders import login, make_bot, make_user
from tests.http_server import Answer, Recorded, Server, json_answer, serve
from tests.llm.builders import chat, refusal, stream

pytestmark = pytest.mark.django_db
KEY = "sk-secret-0123456789"


def _staff(*permissions: str) -> User:
    user = make_user("staff", superuser=False)
    user.user_permissions.add(*Permission.objects.filter(codename__in=permissions))
    return user


def _post(client: Client, what: str, server: Server | str, **values: Any) -> dict[str, Any]:
    endpoint = server if isinstance(server, str) else f"{server.url}/v1"
    data = {"preset": "other", "endpoint": endpoint, "model": "m-1", "api_key": KEY, **values}
    answer = client.post(reverse(f"admin:bots_modelprovider_connect_{what}"), data)
    assert answer.status_code == 200
    assert KEY not in answer.content.decode()
    return dict(answer.json())


def test_the_page_shows_every_preset_and_is_linked_from_list_and_dashboard() -> None:
    client = login(make_user(), "zh-hans")
    html = client.get(reverse("admin:bots_modelprovider_connect") + "?preset=deepseek").content.decode()
    assert html.count('name="preset"') == len(connect.PRESETS)
    assert 'value="deepseek" checked' in html
    assert "获取密钥" in html
    link = f'href="{reverse("admin:bots_modelprovider_connect")}"'
    assert link in client.get(reverse("admin:bots_modelprovider_changelist")).content.decode()
    assert link in client.get(reverse("admin:index")).content.decode()


def test_models_are_listed_before_anything_is_saved() -> None:
    listed = [{"id": "qwen3:0.6b", "context_length": 4096}, {"id": "Qwen/Qwen3 8B"}]
    with serve() as server:
        server.answer(json_answer({"data": listed}))
        found = _post(login(make_user()), "models", server, api_key=f"Authorization: Bearer {KEY}\n")
        assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"
    assert found["ok"]
    assert found["text"] == "The endpoint has 2 models."
    assert found["models"][0] == {"name": "qwen3:0.6b", "context_tokens": 4096, "can_see": None}
    assert not ModelProvider.objects.exists()
    assert not AuditEntry.objects.exists()


def test_a_test_answers_in_the_page_with_times_tokens_and_price() -> None:
    with serve() as server:
        server.answer(stream("I can ", "help."))
        found = _post(
            login(make_user()), "test", server, question="What can you do?", input_price="2", output_price="8"
        )
        sent = server.requests[0].json
    assert (found["ok"], found["text"]) == (True, "I can help.")
    assert sent["messages"][-1]["content"] == "What can you do?"
    notes = "\n".join(found["notes"])
    assert "first token after" in notes
    assert "1000 tokens sent, 500 received" in notes
    assert "price of this test: 0.006000" in notes
    assert not ModelProvider.objects.exists()


@pytest.mark.parametrize(
    ("answer", "told", "mend"),
    [
        (refusal(401, code="invalid_api_key"), "API key was refused", "Make a new key"),
        (refusal(402, "Insufficient Balance", code="invalid_request_error"), "HTTP 402", "no credit"),
        (refusal(429, code="insufficient_quota"), "insufficient_quota", "no credit"),
        (refusal(429, code="1113"), "1113", "no credit"),
        (refusal(429, code="rate_limit_exceeded"), "too many requests", "Wait a minute"),
        (refusal(403, code="unsupported_country_region_territory"), "HTTP 403", "refuses this country"),
        (refusal(404, "The model `m-1` does not exist", code="model_not_found"), "HTTP 404", "Choose a model"),
        (refusal(404, "Deployment unknown", code="DeploymentNotFound"), "HTTP 404", "Enter the name of a deployment"),
        (Answer(404, b"<html>"), "no such model or address", "Compare the address"),
        (Answer(200, b"<!doctype html>", {"Content-Type": "text/html"}), "no such model or address", "Compare"),
        (Answer(503), "HTTP 503", "status page"),
        (refusal(400, "Model Not Exist", code="invalid_request_error"), "HTTP 400", "name of the model, then the key"),
    ],
)
def test_what_went_wrong_is_said_with_the_mend(answer: Answer, told: str, mend: str) -> None:
    with serve() as server:
        server.answer(answer)
        found = _post(login(make_user()), "test", server)
    assert not found["ok"]
    assert told in found["text"]
    assert mend in found["mend"]


def test_the_mend_is_said_in_chinese() -> None:
    found = _post(login(make_user(), "zh-hans"), "models", "http://127.0.0.1:9/v1")
    assert "端口" in found["text"]
    assert "host.docker.internal" in found["mend"]
    assert "启动" in found["mend"]


def test_connecting_makes_the_provider_an_audit_row_and_names_the_bots() -> None:
    bot, other = make_bot(), Bot.objects.create(slug="other", name="Other")
    client = login(make_user())
    own = ModelProvider.objects.create(name="own", endpoint="https://own.example/v1", model="m")
    BotProvider.objects.create(bot=other, provider=own)
    found = _post(client, "save", "https://api.deepseek.com", preset="deepseek", model="deepseek-chat")
    row = ModelProvider.objects.get(name="deepseek")
    assert found == {"ok": True, "next": reverse("admin:bots_modelprovider_changelist")}
    assert (row.endpoint, row.protocol, row.api_key) == ("https://api.deepseek.com/v1", "openai", KEY)
    assert KEY not in row.api_key_encrypted
    assert (row.context_tokens, row.input_price > 0, row.output_price > row.input_price) == (64000, True, True)
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.subject.split()[0]) == ("added", "bots.modelprovider")
    html = client.get(found["next"]).content.decode()
    assert f"it is asked by: {bot.name}." in html
    assert connect.bots_that_use(own) == sorted([bot.name, other.name])


def test_claude_speaks_its_own_protocol_and_a_second_one_gets_a_free_name() -> None:
    client = login(make_user())
    for _ in range(2):
        _post(client, "save", "", preset="anthropic", model="claude-sonnet-4-5")
    rows = ModelProvider.objects.order_by("pk")
    assert [(row.name, row.protocol, row.can_see) for row in rows] == [
        ("anthropic", "anthropic", False),
        ("anthropic-2", "anthropic", False),
    ]
    assert (rows[0].input_price, rows[0].cached_input_price) == (Decimal(3), Decimal("0.3"))


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"preset": "azure", "endpoint": ""}, "Replace RESOURCE"),
        ({"preset": "deepseek", "endpoint": "", "api_key": ""}, "Enter the API key"),
        ({"endpoint": ""}, "Enter the address"),
        ({"model": ""}, "Choose a model"),
        ({"api_key": "sk-schlüssel"}, "letters, digits and signs of ASCII"),
        ({"endpoint": "ftp://x.example"}, "must begin with http"),
        ({"endpoint": "https://h.example/v1?key=x"}, "must not hold a key"),
        ({"context_tokens": "5"}, "context window"),
        ({"preset": "nobody"}, "preset"),
    ],
)
def test_what_is_missing_or_wrong_is_said(values: dict[str, str], told: str) -> None:
    client = login(make_user())
    for what in ("test", "save"):
        found = _post(client, what, "https://h.example/v1", **values)
        assert (found["ok"], told in found["text"]) == (False, True)
    assert not ModelProvider.objects.exists()


def test_who_may_not_reach_private_addresses_reaches_none_here() -> None:
    client = login(_staff("add_modelprovider"))
    with serve() as server:
        for what in ("models", "test", "save"):
            found = _post(client, what, server)
            assert "only a superuser" in found["text"]
        assert server.requests == []
    assert client.get(reverse("admin:bots_modelprovider_connect_local")).json() == {"servers": []}
    assert 'id="local-servers"' not in client.get(reverse("admin:bots_modelprovider_connect")).content.decode()
    found = _post(client, "save", "https://1.1.1.1/v1")
    assert found["next"] == reverse("admin:bots_modelprovider_connect")
    assert ModelProvider.objects.get().public_only


def test_without_the_right_to_add_nothing_is_open() -> None:
    client = login(_staff("view_modelprovider"))
    for name in ("", "_local", "_known"):
        assert client.get(reverse(f"admin:bots_modelprovider_connect{name}")).status_code == 403
    for name in ("models", "test", "save"):
        assert client.post(reverse(f"admin:bots_modelprovider_connect_{name}"), {}).status_code == 403
    assert (
        reverse("admin:bots_modelprovider_connect")
        not in client.get(reverse("admin:bots_modelprovider_changelist")).content.decode()
    )


def test_servers_of_this_machine_that_no_provider_uses_are_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    def respond(request: Recorded) -> Answer:
        return json_answer({"data": [{"id": "qwen3:0.6b"}]}) if request.path == "/v1/models" else Answer(404)

    client, place = login(make_user()), reverse("admin:bots_modelprovider_connect_local")
    with serve(respond) as server:
        monkeypatch.setattr("bots.llm.local_servers.PORTS", ((int(server.url.rpartition(":")[2]), "ollama", "Ollama"),))
        (found,) = client.get(place).json()["servers"]
        assert (found["preset"], found["endpoint"], found["models"]) == ("ollama", f"{server.url}/v1", ["qwen3:0.6b"])
        _post(client, "save", server.url.replace("127.0.0.1", "localhost"), preset="ollama", model="qwen3:0.6b")
        assert client.get(place).json()["servers"] == []


def test_price_and_window_of_a_model_are_looked_up() -> None:
    client, place = login(make_user()), reverse("admin:bots_modelprovider_connect_known")
    assert client.get(place, {"preset": "openai", "model": "gpt-4o-mini"}).json() == {
        "context_tokens": "128000",
        "input_price": "0.15",
        "output_price": "0.6",
    }
    for values in ({"preset": "ollama", "model": "x"}, {"preset": "?", "model": "x"}, {}):
        assert client.get(place, values).json() == {}


@pytest.mark.parametrize(
    ("pasted", "key"),
    [
        ("sk-1\n", "sk-1"),
        ("  'sk-1' ", "sk-1"),
        ("“sk-1”；", "sk-1"),
        ("Bearer sk-1", "sk-1"),
        ("Authorization: Bearer sk-1", "sk-1"),
        ('-H "Authorization: Bearer sk-1"', "sk-1"),
        ("export OPENAI_API_KEY=sk-1", "sk-1"),
        ('"api_key": "sk-1",', "sk-1"),
        ("x-api-key:sk-1", "sk-1"),
        ("\ufeffsk\u200b-1\r\n", "sk-1"),
        ("ｓｋ－１", "sk-1"),
        ("sk-proj-abc\n  def", "sk-proj-abc  def"),
        ("key-abc=", "key-abc="),
        ("  ", ""),
    ],
)
def test_a_key_is_taken_out_of_what_was_pasted_with_it(pasted: str, key: str) -> None:
    assert entered_keys.cleaned(pasted) == key


def test_a_key_with_a_space_inside_is_refused() -> None:
    with pytest.raises(OperationError):
        entered_keys.sendable("sk-proj-abc def")


def test_presets_fit_the_columns_and_the_page_gets_them_all() -> None:
    client = login(make_user())
    html = client.get(reverse("admin:bots_modelprovider_connect")).content.decode()
    data = json.loads(html.partition('id="claw-presets" type="application/json">')[2].partition("</script>")[0])
    assert [one["key"] for one in data] == [one.key for one in connect.PRESETS]
    for one in connect.PRESETS:
        assert len(one.model) <= 120
        for endpoint in filter(None, one.endpoints):
            assert connect.normal_endpoint(endpoint) == endpoint.replace("RESOURCE", "resource")


def test_the_whole_answer_of_an_endpoint_that_does_not_stream_is_taken() -> None:
    with serve() as server:
        server.answer(chat("ready"))
        found = _post(login(make_user()), "test", server)
    assert (found["ok"], found["text"]) == (True, "ready")


@pytest.mark.parametrize(
    "written",
    [
        "{}",
        "{}/",
        "{}/v1",
        "{}/v1/",
        " {}/v1/chat/completions\n",
        "“{}/v1/models”",
        "{}//v1///",
        "{}/api/tags",
        "ｈｔｔｐ：//{host}/v1",
    ],
)
def test_an_address_is_taken_in_each_form_in_which_people_paste_it(written: str) -> None:
    def respond(request: Recorded) -> Answer:
        return json_answer({"data": [{"id": "m"}]}) if request.path == "/v1/models" else Answer(404, b"<html>")

    with serve(respond) as server:
        found = _post(login(make_user()), "models", written.format(server.url, host=server.url.partition("//")[2]))
    assert (found["ok"], [model["name"] for model in found["models"]]) == (True, ["m"])


def test_a_redirect_to_https_is_named_and_gets_no_key() -> None:
    with serve() as server, serve() as other:
        server.answer(Answer(308, b"", {"Location": f"{other.url}/v1/models"}))
        found = _post(login(make_user()), "models", server)
        assert other.requests == []
    assert f"enter {other.url}/v1" in found["text"]


def test_an_answer_that_is_markup_is_shown_as_text() -> None:
    with serve() as server:
        server.answer(stream("<img src=x onerror=alert(1)>", "\u0000ok"))
        found = _post(login(make_user()), "test", server)
    assert found["text"] == "<img src=x onerror=alert(1)>ok"
