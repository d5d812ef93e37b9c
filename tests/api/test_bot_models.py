"""A bot's own list of models, by the API, the command and the admin: with both rights, and in the audit log."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.management import CommandError, call_command

from bots.models import AuditEntry, Bot, BotAccess, BotProvider
from tests.admin.builders import address, login, make_user
from tests.admin.builders import make_provider as add_provider
from tests.api.builders import caller_with, make_bot, superuser

pytestmark = pytest.mark.django_db

LINES: list[dict[str, Any]] = [
    {"provider": "spare", "model": "", "use": "any", "tokens": None},
    {"provider": "main", "model": "nano", "use": "simple", "tokens": 500},
]


def manage(*arguments: str) -> str:
    out = io.StringIO()
    call_command("bot", *arguments, stdout=out)
    return out.getvalue()


@pytest.fixture
def bot() -> Bot:
    add_provider("main")
    add_provider("spare")
    return make_bot()


def stored(bot: Bot) -> list[tuple[str, str, str, int | None]]:
    rows = BotProvider.objects.filter(bot=bot).order_by("position", "id")
    return [(row.provider.name, row.model, row.use, row.tokens) for row in rows]


def test_the_command_adds_shows_and_removes_lines(bot: Bot) -> None:
    assert "by their priority" in manage("models", bot.slug)
    manage("add-model", bot.slug, "spare")
    manage("add-model", bot.slug, "main", "--model", "nano", "--use", "simple", "--tokens", "500")
    listed = json.loads(manage("models", bot.slug, "--json"))
    assert [(row["number"], row["provider"], row["model"]) for row in listed] == [
        (1, "spare", "large"),
        (2, "main", "nano"),
    ]
    manage("remove-model", bot.slug, "1")
    assert stored(bot) == [("main", "nano", "simple", 500)]
    assert AuditEntry.objects.filter(bot_id=bot.pk, subject__contains="botprovider").count() == 3


@pytest.mark.parametrize(
    "arguments",
    [("add-model", "B", "nobody"), ("remove-model", "B", "1"), ("add-model", "B", "main", "--tokens", "0")],
)
def test_what_is_not_there_or_wrong_is_said(bot: Bot, arguments: tuple[str, ...]) -> None:
    with pytest.raises(CommandError):
        manage(*(bot.slug if one == "B" else one for one in arguments))
    assert stored(bot) == []


def test_the_same_line_twice_is_refused(bot: Bot) -> None:
    manage("add-model", bot.slug, "main")
    with pytest.raises(CommandError):
        manage("add-model", bot.slug, "main")


def test_the_api_replaces_the_list(bot: Bot) -> None:
    client, path = superuser(), f"/api/v1/bots/{bot.pk}/models/"
    assert client.patch(path, {"lines": LINES}, format="json").status_code == 200
    assert stored(bot) == [("spare", "", "any", None), ("main", "nano", "simple", 500)]
    assert client.get(path).json()["lines"] == LINES
    wrong = {"lines": [{"provider": "main"}, {"provider": "nobody"}]}
    assert client.patch(path, wrong, format="json").status_code == 400
    assert len(stored(bot)) == 2, "nothing changes when a line is wrong"
    assert client.patch(path, {"lines": []}, format="json").status_code == 200
    assert stored(bot) == []


def test_it_takes_the_role_and_the_permission(bot: Bot) -> None:
    path = f"/api/v1/bots/{bot.pk}/models/"
    assert caller_with("operator", bot).get(path).status_code == 403
    assert caller_with("manager", bot).patch(path, {"lines": LINES}, format="json").status_code == 403
    assert caller_with("manager", make_bot(slug="other")).get(path).status_code == 404
    assert stored(bot) == []


@pytest.mark.parametrize("permitted", [False, True])
def test_the_page_of_the_bot_has_the_list(bot: Bot, permitted: bool) -> None:
    user = make_user("mia", superuser=False)
    BotAccess.objects.create(bot=bot, user=user, role="manager")
    if permitted:
        user.user_permissions.add(*Permission.objects.filter(codename__endswith="_botprovider"))
    shown = login(user).get(address(Bot, "change", bot.pk)).content.decode()
    assert ("providers-__prefix__-provider" in shown) is permitted
