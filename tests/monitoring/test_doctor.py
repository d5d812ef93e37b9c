"""`manage.py doctor` says what is missing and how to repair it; it fails only if bots cannot answer."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from bots.llm import embedded_state
from bots.models import Channel, InboundEvent
from bots.speech import amr, ffmpeg
from clawdbot import http
from clawdbot.reasons import Reason
from tests.builders import make_channel, make_conversation
from tests.clawdbot_site.builders import run
from tests.llm.gguf_files import CHAT, write
from tests.speech.builders import Kind, connect


def findings() -> dict[str, dict[str, str]]:
    out = io.StringIO()
    try:
        call_command("doctor", "--json", stdout=out)
        ended = 0
    except SystemExit as end:
        ended = int(str(end.code))
    report: dict[str, Any] = json.loads(out.getvalue())
    assert report["ok"] is (ended == 0)
    return {row["name"]: row for row in report["findings"]}


@pytest.mark.django_db
def test_an_empty_installation_is_told_how_to_begin() -> None:
    found = findings()
    assert (found["bots"]["level"], found["bots"]["mend"]) == ("error", "python manage.py bot add SLUG")
    assert found["administrator"]["mend"] == "python manage.py setup"
    assert found["model"]["level"] == "warning"
    assert found["database"]["level"] == "ok"


@pytest.mark.django_db
def test_a_channel_whose_key_is_gone_is_an_error() -> None:
    call_command("bot", "add", "shop", stdout=io.StringIO())
    call_command("channel", "add", "telegram", "--bot", "shop", "--set", "token=1:abc", stdout=io.StringIO())
    channel = Channel.objects.get(platform="telegram")
    name = f"channel {channel.public_id} (telegram of shop)"
    assert "poll" in findings()[name]["mend"]
    Channel.objects.filter(pk=channel.pk).update(credentials_encrypted="gAAAAAbroken")
    assert findings()[name]["level"] == "error"


@pytest.mark.django_db
def test_a_model_file_that_cannot_be_served_is_named_with_the_mend(settings: Any, tmp_path: Path) -> None:
    def finding(name: str) -> dict[str, str]:
        server = settings.CLAWDBOT.model_server.model_copy(update={"enable": True, "model_file": str(tmp_path / name)})
        # A home of its own: another test's model server may have failed in the common one.
        changed = {"model_server": server, "home": str(tmp_path)}
        settings.CLAWDBOT = settings.CLAWDBOT.model_copy(update=changed)
        return findings()["model file"]

    absent = finding("absent.gguf")
    assert (absent["level"], absent["mend"]) == ("warning", "correct model_server.model_file, then restart")
    assert "there is no file" in absent["text"]
    write(tmp_path / "m.gguf", CHAT)
    assert finding("m.gguf")["text"] == "Qwen3 0.6B is not served"
    embedded_state.loading("Qwen3 0.6B")
    loading = finding("m.gguf")
    assert (loading["level"], loading["text"]) == ("ok", "Qwen3 0.6B has been loading for 0 s")
    embedded_state.failed("m.gguf", Reason("model_file_empty", path="m.gguf"))
    assert "is not served: m.gguf is empty" in finding("m.gguf")["text"]
    embedded_state.clear()


def test_a_database_without_tables_is_told_to_migrate(tmp_path: Path) -> None:
    result = run("doctor", home=tmp_path)
    assert result.returncode == 1
    assert "-> python manage.py migrate" in result.stdout
    assert "Traceback" not in result.stderr


@pytest.mark.django_db
def test_proxies_of_the_environment_are_shown_without_their_login() -> None:
    http.configure_proxies({"https": "http://me:secret-word@proxy.example:3128", "all": "foo://secret-word"})
    found = findings()
    assert (found["proxy HTTPS_PROXY"]["level"], found["proxy HTTPS_PROXY"]["text"]) == (
        "ok",
        "http://proxy.example:3128",
    )
    assert found["proxy ALL_PROXY"]["level"] == "error"
    assert "write it as http://HOST:PORT" in found["proxy ALL_PROXY"]["text"]
    assert "secret-word" not in str(found)


@pytest.mark.django_db
def test_messages_without_an_answer_are_named() -> None:
    channel = make_channel()
    assert findings()["unanswered messages"]["level"] == "ok"
    assert "messages" not in findings()
    conversation = make_conversation(channel)
    for state, since in (("dead", None), ("pending", timezone.now())):
        InboundEvent.objects.create(
            channel=channel,
            dedupe_key=state,
            queue_key=state,
            kind="message",
            state=state,
            waiting_since=since,
            conversation=conversation,
        )
    found = findings()
    assert (found["unanswered messages"]["level"], found["unanswered messages"]["text"]) == (
        "warning",
        "1 got no answer",
    )
    assert found["messages"]["text"] == "1 wait, because no language model answers"
    assert "provider test" in found["messages"]["mend"]


@pytest.mark.django_db
def test_a_program_that_sound_needs_and_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ffmpeg, "is_installed", lambda: False)
    assert "ffmpeg" not in findings()  # nothing listens or speaks
    connect("http://127.0.0.1:9", Kind.SPEECH)
    assert "apt-get install ffmpeg" in findings()["ffmpeg"]["mend"]
    monkeypatch.setattr(ffmpeg, "is_installed", lambda: True)
    monkeypatch.setattr(amr, "_library", lambda: None)
    assert "AMR encoder" not in findings()
    make_channel(platform="wecom")
    found = findings()
    assert "apt-get install libopencore-amrnb0" in found["AMR encoder"]["mend"]
    assert "ffmpeg" not in found
