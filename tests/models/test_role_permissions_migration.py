"""An update gives users with a role the permissions that are new, and none that somebody took away."""

from __future__ import annotations

from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Permission, User
from django.core.management import call_command
from django.db import connection

from bots.access.role_permissions import NEEDED
from bots.models import BotAccess
from tests.builders import make_bot

pytestmark = pytest.mark.django_db
EDITOR: Any = SimpleNamespace(connection=connection)
NEW = "skills.change_mcpgrant"
TAKEN = "bots.delete_channel"


def held_by(user: User) -> set[str]:
    rows = user.user_permissions.select_related("content_type")
    return {f"{one.content_type.app_label}.{one.codename}" for one in rows}


def take(user: User, *names: str) -> None:
    for name in names:
        label, _, codename = name.partition(".")
        user.user_permissions.remove(Permission.objects.get(content_type__app_label=label, codename=codename))


def as_before_the_update(role: str) -> BotAccess:
    """Makes a row as the version before this one left it: with the permissions of migration 0020, noted nowhere."""
    access = BotAccess.objects.create(user=User.objects.create(username="ada"), bot=make_bot(), role=role)
    access.user.user_permissions.clear()
    import_module("bots.migrations.0020_endpoint_trust").give_permissions(apps, EDITOR)
    BotAccess.objects.update(given=[])
    return access


@pytest.mark.parametrize("role", BotAccess.Role.values)
def test_an_update_gives_what_is_new_and_keeps_away_what_was_taken_away(role: str) -> None:
    access = as_before_the_update(role)
    taken = {TAKEN} & held_by(access.user)
    take(access.user, *taken)
    import_module("bots.migrations.0028_role_permissions").note_given(apps, EDITOR)
    call_command("migrate", verbosity=0)
    assert held_by(access.user) == set(NEEDED[role]) - taken


def test_what_is_taken_away_later_stays_away_at_the_next_update() -> None:
    access = BotAccess.objects.create(user=User.objects.create(username="bo"), bot=make_bot(), role="manager")
    assert held_by(access.user) == set(NEEDED["manager"])
    take(access.user, NEW)
    call_command("migrate", verbosity=0)
    assert NEW not in held_by(access.user)


def test_an_update_that_was_cut_short_is_made_up_for() -> None:
    access = BotAccess.objects.create(user=User.objects.create(username="cy"), bot=make_bot(), role="manager")
    take(access.user, NEW)
    BotAccess.objects.update(given=[name for name in NEEDED["manager"] if name != NEW])
    call_command("migrate", verbosity=0)
    assert NEW in held_by(access.user)
