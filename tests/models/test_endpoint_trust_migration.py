"""The migration binds stored keys to their servers and gives users the permissions that their roles need."""

from __future__ import annotations

from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.db import connection

from bots.access.role_permissions import NEEDED
from bots.models import BotAccess, ModelProvider
from clawdbot import crypto
from tests.builders import make_bot

pytestmark = pytest.mark.django_db
EDITOR: Any = SimpleNamespace(connection=connection)


def test_a_key_of_before_is_bound_once_and_kept() -> None:
    old = crypto.encrypt_json({"api_key": "sk-old"})
    row = ModelProvider.objects.create(name="p", endpoint="https://a.example/v1", model="m", api_key_encrypted=old)
    assert row.api_key == "sk-old"
    migration = import_module("bots.migrations.0020_endpoint_trust")
    for _ in range(2):  # as after a migration that was interrupted
        migration.bind_keys(apps, EDITOR)
        row.refresh_from_db()
        assert row.api_key == "sk-old"
    row.endpoint = "https://evil.example/v1"
    assert row.api_key == ""


# Models that the migration did not know: nobody could write them before.
LATER = {
    "bottool", "evaluationcase", "evaluationset", "flowdefinition", "instructiongrant", "instructionskill", "limit",
    "mcpgrant", "mcptool", "replayrun", "toolcall",
}  # fmt: skip


@pytest.mark.parametrize("role", BotAccess.Role.values)
def test_users_with_a_role_keep_what_they_may_write(role: str) -> None:
    user = User.objects.create(username="ada")
    BotAccess.objects.create(user=user, bot=make_bot(), role=role)
    user.user_permissions.clear()
    import_module("bots.migrations.0020_endpoint_trust").give_permissions(apps, EDITOR)
    kept = {name for name in NEEDED[role] if name.rpartition("_")[2] not in LATER}
    assert {f"{p.content_type.app_label}.{p.codename}" for p in user.user_permissions.all()} == kept
