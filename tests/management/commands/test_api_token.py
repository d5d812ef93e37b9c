"""`manage.py api_token`."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation
from rest_framework.test import APIClient

from bots.models import ApiToken
from clawdbot.redaction import redact
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


def test_the_key_opens_the_api_and_is_shown_once() -> None:
    make_user("ann")
    key = _run("ann")
    assert _status(key) == 200
    with pytest.raises(CommandError, match=rf"ann has a key: {key[:10]}…, made on .*--renew"):
        _run("ann")
    assert _status(key) == 200
    stored = " ".join(str(value) for value in vars(ApiToken.objects.get()).values())
    assert key not in stored
    assert redact(f"key {key}") == "key [redacted]"


def test_a_chinese_reader_is_told_so_in_chinese() -> None:
    make_user("ann")
    _run("ann")
    with translation.override("zh-hans"), pytest.raises(CommandError, match="密钥"):
        _run("ann")


def test_neither_a_digest_nor_part_of_a_key_opens_the_api() -> None:
    make_user("ann")
    key = _run("ann")
    for other in (ApiToken.objects.get().digest, key[:10], key[:-1], key + "x", key.upper(), "claw_"):
        assert _status(other) == 401


def test_a_renewed_or_revoked_key_is_dead_at_once() -> None:
    make_user("ann")
    old = _run("ann")
    new = _run("ann", "--renew")
    assert (_status(old), _status(new)) == (401, 200)
    _run("ann", "--revoke")
    assert _status(new) == 401
    assert _status(_run("ann", "--renew")) == 200


def test_an_unknown_or_inactive_user_is_an_error_in_one_line() -> None:
    make_user("gone", is_active=False)
    for name in ("nobody", "gone"):
        with pytest.raises(CommandError, match=name):
            _run(name)
