"""What listens and speaks is set up in the admin, by the API and by the command, and tested there."""

from __future__ import annotations

import io
import json

import pytest
from django.core.management import CommandError, call_command

from bots import llm
from bots.models import AuditEntry, Bot, ModelProvider
from bots.monitoring import readiness
from tests.admin.builders import address, login, make_user, provider_form
from tests.api.builders import superuser
from tests.builders import make_bot
from tests.http_server import json_answer
from tests.speech.builders import Kind, connect, connected
from tests.speech_server import SpeechServer

pytestmark = [pytest.mark.django_db, pytest.mark.databases]


def manage(*arguments: str) -> str:
    out = io.StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def test_the_command_adds_and_tests_them() -> None:
    made = SpeechServer()
    with made.server() as server:
        for kind in (Kind.TRANSCRIPTION, Kind.SPEECH):
            place = ("--endpoint", f"{server.url}/v1/audio/transcriptions", "--model", "m")
            manage("provider", "add", kind, *place, "--kind", kind, "--voice", "nova", "--api-key", "sk-1")
            assert "answers in" in manage("provider", "test", kind)
        made.fault = json_answer({"error": {"message": "no"}}, 401)
        with pytest.raises(CommandError, match="API key was refused"):
            manage("provider", "test", Kind.TRANSCRIPTION)
    assert made.asked[0].fields["model"] == "m"
    assert made.spoken[0]["voice"] == "nova"
    assert [row["kind"] for row in json.loads(manage("provider", "list", "--json"))] == ["transcription", "speech"]
    assert ModelProvider.objects.first().endpoint.endswith("/v1")  # type: ignore[union-attr]
    assert AuditEntry.objects.filter(action__contains="provider").count() or AuditEntry.objects.count() >= 2


def test_they_are_no_language_models() -> None:
    connect("http://127.0.0.1:9", Kind.TRANSCRIPTION)
    connect("http://127.0.0.1:9", Kind.SPEECH)
    llm.candidates.clear_cache()
    assert llm.available(allow_demo=False) == ()
    assert "providers" not in readiness.check()["model"].note


def test_the_admin_adds_one_and_sets_a_bot() -> None:
    client = login(make_user())
    form = provider_form(kind="transcription", voice="", voice_price="0.006")
    assert client.post(address(ModelProvider, "add"), form).status_code == 302
    row = ModelProvider.objects.get()
    assert (row.kind, str(row.voice_price)) == ("transcription", "0.0060")
    # A form of before, without the field, leaves it as it is.
    before = {name: value for name, value in provider_form(name="ears").items() if name not in ("kind", "voice_price")}
    client.post(address(ModelProvider, "change", row.pk), before)
    row.refresh_from_db()
    assert (row.name, row.kind, str(row.voice_price)) == ("ears", "transcription", "0.0060")
    page = client.get(address(Bot, "change", make_bot().pk)).content.decode()
    assert 'name="voice_replies"' in page
    chinese = login(make_user("zhang"), "zh-hans").get(address(ModelProvider, "add")).content.decode()
    assert "语音识别" in chinese


def test_the_api_shows_and_changes_them() -> None:
    root = superuser()
    body = {"name": "ears", "endpoint": "https://api.example.com/v1", "model": "w", "kind": "transcription"}
    made = root.post("/api/v1/providers/", body, format="json")
    assert (made.status_code, made.json()["kind"], made.json()["voice"]) == (201, "transcription", "")
    assert root.get("/api/v1/providers/?kind=chat").json()["results"] == []
    bot = make_bot()
    changed = root.patch(f"/api/v1/bots/{bot.pk}/", {"voice_replies": "always"}, format="json")
    assert (changed.status_code, changed.json()["voice_replies"]) == (200, "always")
    assert root.patch(f"/api/v1/bots/{bot.pk}/", {"voice_replies": "loud"}, format="json").status_code == 400


def test_a_key_is_never_sent_to_an_address_that_was_changed_after_it() -> None:
    made = SpeechServer()
    with connected(made, Kind.TRANSCRIPTION, api_key="sk-secret"), made.server() as elsewhere:
        row = ModelProvider.objects.get()
        row.endpoint = f"{elsewhere.url}/v1"
        assert row.api_key == ""
