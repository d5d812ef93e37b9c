"""Commands of the operator: output, exit codes, and no secret in the output."""

from __future__ import annotations

import io
import json
import socket
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from bots.models import AuditEntry, Bot, Channel, ModelProvider
from tests.clawdbot_site.builders import run

TOKEN = "123456:AbCdEf"


def manage(*arguments: str) -> str:
    out = io.StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def manage_json(*arguments: str) -> Any:
    return json.loads(manage(*arguments, "--json"))


@pytest.mark.django_db
class TestBot:
    def test_the_first_bot_is_the_default_one_and_has_a_web_chat(self) -> None:
        facts = manage_json("bot", "add", "shop", "--name", "Shop")
        assert (facts["slug"], facts["name"], facts["default"]) == ("shop", "Shop", True)
        assert manage_json("bot", "add", "second")["default"] is False
        assert [channel["platform"] for channel in manage_json("bot", "show", "shop")["channels"]] == ["web"]
        assert [row["slug"] for row in manage_json("bot", "list")] == ["second", "shop"]

    @pytest.mark.parametrize("slug", ["shop", "two words", ""])
    def test_a_taken_or_malformed_slug_is_refused(self, slug: str) -> None:
        manage("bot", "add", "shop")
        with pytest.raises(CommandError, match="slug: "):
            manage("bot", "add", slug)
        assert Bot.objects.count() == 1

    def test_removing_needs_yes(self) -> None:
        manage("bot", "add", "shop")
        with pytest.raises(CommandError, match="repeat with --yes"):
            manage("bot", "remove", "shop")
        assert Bot.objects.exists()
        manage("bot", "remove", "shop", "--yes")
        assert not Bot.objects.exists()


@pytest.mark.django_db
class TestChannel:
    @pytest.fixture(autouse=True)
    def bot(self) -> None:
        manage("bot", "add", "shop")

    def add(self, *arguments: str) -> Any:
        return manage_json("channel", "add", "telegram", "--bot", "shop", *arguments)

    def test_json_names_id_and_webhook_path(self) -> None:
        facts = self.add("--set", f"token={TOKEN}")
        channel = Channel.objects.get(platform="telegram")
        assert (facts["id"], facts["webhook_path"]) == (channel.public_id, f"/api/webhook/{channel.public_id}")
        assert channel.credentials == {"token": TOKEN}

    def test_a_repeated_key_is_a_list(self) -> None:
        self.add("--set", f"token={TOKEN}", "--set", "secret_token=a1", "--set", "secret_token=b2")
        assert Channel.objects.get(platform="telegram").credentials["secret_token"] == ["a1", "b2"]

    def test_a_value_may_come_from_a_file(self, tmp_path: Path) -> None:
        (tmp_path / "token").write_text(TOKEN + "\n", "utf8")
        self.add("--set-file", f"token={tmp_path / 'token'}")
        assert Channel.objects.get(platform="telegram").credentials == {"token": TOKEN}

    @pytest.mark.parametrize(
        ("arguments", "reason"),
        [
            (("telegram", "--bot", "shop"), "token: is required"),
            (("telegram", "--bot", "shop", "--set", f"tokn={TOKEN}"), "unknown keys: tokn"),
            (("telegram", "--bot", "nobody", "--set", f"token={TOKEN}"), "There is no bot nobody"),
            (("dingtalk", "--bot", "shop"), "fill in what one kind of account needs"),
            (("wecom", "--bot", "shop", "--set", "corp_id=ww1"), "secret: is required for an application"),
            (("pigeon", "--bot", "shop"), "unknown platform 'pigeon'"),
            (("telegram", "--bot", "shop", "--set", TOKEN), "--set takes KEY=VALUE"),
        ],
    )
    def test_a_wrong_account_is_refused_without_showing_it(self, arguments: tuple[str, ...], reason: str) -> None:
        with pytest.raises(CommandError) as caught:
            manage("channel", "add", *arguments)
        assert reason in str(caught.value)
        assert TOKEN not in str(caught.value)
        assert not Channel.objects.filter(platform="telegram").exists()

    def test_no_output_shows_a_credential(self) -> None:
        self.add("--set", f"token={TOKEN}")
        assert TOKEN not in manage("channel", "list") + manage("channel", "list", "--json") + manage(
            "bot", "show", "shop"
        )

    def test_removing_needs_yes(self) -> None:
        public_id = self.add("--set", f"token={TOKEN}")["id"]
        with pytest.raises(CommandError, match="repeat with --yes"):
            manage("channel", "remove", public_id)
        manage("channel", "remove", public_id, "--yes")
        assert not Channel.objects.filter(platform="telegram").exists()

    def test_a_webhook_needs_a_public_address(self) -> None:
        public_id = self.add("--set", f"token={TOKEN}")["id"]
        with pytest.raises(CommandError, match="public address is not known"):
            manage("channel", "set-webhook", public_id)


@pytest.mark.django_db
class TestProvider:
    ENDPOINT = ("--endpoint", "http://127.0.0.1:9/v1", "--model", "m")

    def test_providers_are_listed_in_the_order_they_are_asked(self) -> None:
        manage("provider", "add", "late", *self.ENDPOINT)
        manage("provider", "add", "early", *self.ENDPOINT, "--priority", "1")
        assert [row["name"] for row in manage_json("provider", "list")] == ["early", "late"]

    def test_the_key_is_stored_encrypted_and_never_shown(self, tmp_path: Path) -> None:
        (tmp_path / "key").write_text("sk-verysecret\n", "utf8")
        manage("provider", "add", "p", *self.ENDPOINT, "--api-key-file", str(tmp_path / "key"))
        provider = ModelProvider.objects.get()
        assert provider.api_key == "sk-verysecret"
        assert "verysecret" not in provider.api_key_encrypted + manage("provider", "list") + manage(
            "provider", "list", "--json"
        )

    def test_the_key_may_come_from_standard_input(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("sys.stdin", io.StringIO("sk-fromstdin\n"))
        manage("provider", "add", "p", *self.ENDPOINT, "--api-key", "-")
        assert ModelProvider.objects.get().api_key == "sk-fromstdin"

    def test_a_key_that_no_header_can_carry_is_refused(self) -> None:
        with pytest.raises(CommandError, match="API key: must be letters, digits and signs of ASCII"):
            manage("provider", "add", "p", *self.ENDPOINT, "--api-key", "sk-ключ-1")
        assert not ModelProvider.objects.exists()

    def test_a_host_of_one_word_is_an_address(self) -> None:
        manage("provider", "add", "p", "--endpoint", "http://ollama:11434/v1/", "--model", "m")
        assert ModelProvider.objects.get().endpoint == "http://ollama:11434/v1"

    def test_an_address_is_stored_as_requests_need_it(self) -> None:
        manage("provider", "add", "p", "--endpoint", " “api.openai.com/v1/chat/completions” ", "--model", "m")
        assert ModelProvider.objects.get().endpoint == "https://api.openai.com/v1"

    @pytest.mark.parametrize("endpoint", ["openai", "ftp://h/v1", "http://"])
    def test_what_is_no_http_address_is_refused(self, endpoint: str) -> None:
        with pytest.raises(CommandError, match="endpoint: must begin with"):
            manage("provider", "add", "p", "--endpoint", endpoint, "--model", "m")

    def test_a_taken_name_is_refused(self) -> None:
        manage("provider", "add", "p", *self.ENDPOINT)
        with pytest.raises(CommandError, match="name: "):
            manage("provider", "add", "p", *self.ENDPOINT)

    def test_a_provider_that_does_not_answer_fails_the_test(self) -> None:
        manage("provider", "add", "p", *self.ENDPOINT)
        with pytest.raises(CommandError):
            manage("provider", "test", "p")
        assert ModelProvider.objects.get().last_error

    def test_removing_needs_yes(self) -> None:
        manage("provider", "add", "p", *self.ENDPOINT)
        with pytest.raises(CommandError, match="repeat with --yes"):
            manage("provider", "remove", "p")
        manage("provider", "remove", "p", "--yes")
        assert not ModelProvider.objects.exists()


def test_wrong_usage_is_code_2_and_a_refusal_code_1_without_a_traceback(tmp_path: Path) -> None:
    usage = run("bot", home=tmp_path)
    assert (usage.returncode, usage.stdout) == (2, "")
    assert "usage: manage.py bot" in usage.stderr
    unmigrated = run("bot", "list", home=tmp_path)
    assert unmigrated.returncode == 1
    assert unmigrated.stderr.startswith("CommandError: the database cannot be used: ")
    assert len(unmigrated.stderr.splitlines()) == 1


@pytest.mark.django_db
def test_a_port_that_is_taken_is_said_in_one_line_and_leaves_no_channel() -> None:
    manage("bot", "add", "shop")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        with pytest.raises(CommandError, match=f"cannot listen on port {port}: "):
            manage("simulate", "telegram", "--port", port)
    with pytest.raises(CommandError, match="cannot listen on port 70000: "):
        manage("simulate", "telegram", "--port", "70000")
    assert not Channel.objects.filter(platform="telegram").exists()


@pytest.mark.django_db
class TestAuditLog:
    def test_changes_by_commands_are_logged_and_local_servers_are_allowed(self) -> None:
        out = manage("provider", "add", "ollama", "--endpoint", "http://127.0.0.1:11434/v1", "--model", "m")
        assert "is used from the next message on" in out
        manage("bot", "add", "ada")
        secret = ("--set", "secret=s3cret-value", "--set", "reply_url=http://localhost:9/")
        channel = manage_json("channel", "add", "webhook", "--bot", "ada", *secret)
        manage("channel", "remove", channel["id"], "--yes")
        manage("provider", "remove", "ollama", "--yes")
        rows = list(AuditEntry.objects.order_by("pk").values_list("actor", "action", "field_names"))
        assert rows == [
            ("command line", "added", []),
            ("command line", "added", ["reply_url", "secret"]),
            ("command line", "removed", []),
            ("command line", "removed", []),
        ]
        assert "s3cret-value" not in repr(list(AuditEntry.objects.values()))

    def test_changes_of_users_by_djangos_commands_are_logged(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "a-long-password-0815")
        manage("createsuperuser", "--noinput", "--username", "root", "--email", "")
        monkeypatch.setattr("getpass.getpass", lambda *_args, **_kwargs: "another-password-4711")
        manage("changepassword", "root")
        rows = list(AuditEntry.objects.order_by("pk").values_list("actor", "action", "field_names"))
        assert rows == [("command line", "added", ["is_superuser"]), ("command line", "changed", ["password"])]
        assert "password-" not in repr(list(AuditEntry.objects.values()))
