"""`manage.py api_token`."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from rest_framework.test import APIClient

from tests.api.builders import make_user

pytestmark = pytest.mark.django_db


def _run(*arguments: str) -> str:
    out = StringIO()
    call_command("api_token", *arguments, stdout=out)
    return out.getvalue().strip()


def _status(key: str) -> int:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {key}")
    return int(client.get("/api/v1/bots/").status_code)


def test_the_key_opens_the_api_and_stays_the_same() -> None:
    make_user("ann")
    key = _run("ann")
    assert _run("ann") == key
    assert _status(key) == 200


def test_a_renewed_or_revoked_key_is_dead_at_once() -> None:
    make_user("ann")
    old = _run("ann")
    new = _run("ann", "--renew")
    assert (_status(old), _status(new)) == (401, 200)
    _run("ann", "--revoke")
    assert _status(new) == 401


def test_an_unknown_or_inactive_user_is_an_error_in_one_line() -> None:
    make_user("gone", is_active=False)
    for name in ("nobody", "gone"):
        with pytest.raises(CommandError, match=name):
            _run(name)
