"""An installation that stored its API tokens as they are keeps them valid and stores them no longer."""

from __future__ import annotations

from importlib import import_module

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.db import connection

from bots.models import ApiToken
from bots.operations import api_tokens

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]
KEY = "9944b09199c62bcf9418ad846dd0e4bbdfc6ee4b"
migration = import_module("bots.migrations.0017_token_hashes")


def migrate() -> None:
    with connection.schema_editor() as editor:
        migration.hash_tokens(apps, editor)


def test_stored_tokens_stay_valid_and_the_table_with_the_keys_is_gone() -> None:
    user = User.objects.create(username="ann")
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE authtoken_token (key varchar(40) PRIMARY KEY, created timestamp with time zone NOT NULL, "
            "user_id integer NOT NULL UNIQUE)"
        )
        cursor.execute("INSERT INTO authtoken_token VALUES (%s, '2026-11-01 10:00:00+00:00', %s)", [KEY, user.pk])
    migrate()
    assert "authtoken_token" not in connection.introspection.table_names()
    token = ApiToken.objects.get()
    assert (token.user, token.prefix, token.created.day) == (user, KEY[:8], 1)
    assert KEY not in token.digest
    assert api_tokens.user_of(KEY) == user
    migrate()
    assert ApiToken.objects.count() == 1


def test_a_new_installation_has_nothing_to_take_over() -> None:
    migrate()
    assert not ApiToken.objects.exists()
