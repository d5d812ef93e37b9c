"""Accounts of all platforms: one address for the API, and keys of the same shape."""

from __future__ import annotations

from typing import ClassVar

import pytest

from adapters.account_fields import flag_field, secrets_field, token_field
from adapters.accounts import ApiAccount, Secrets, Text
from adapters.errors import AccountError
from clawdbot.redaction import redact

LABEL, HELP = ("Key", "键"), ("From the console.", "来自控制台。")


class SampleAccount(ApiAccount):
    platform_url: ClassVar[str] = "https://api.sample.test"

    secrets: Secrets = secrets_field(label=LABEL, help=HELP)
    token: Text = token_field(label=LABEL, help=HELP)
    second_token: Text = token_field(label=LABEL, help=HELP, optional=True, advanced=True)
    flag: bool = flag_field(label=LABEL, help=HELP)


def test_calls_go_to_the_platform_unless_an_address_is_set() -> None:
    assert SampleAccount.parse({"token": "t"}).api == "https://api.sample.test"
    moved = SampleAccount.parse({"token": "t", "base_url": "http://127.0.0.1:9/x/"})
    assert (moved.root, moved.api) == ("http://127.0.0.1:9/x", "http://127.0.0.1:9/x")


def test_forms_learn_of_each_key_what_they_need() -> None:
    described = {field.name: field for field in SampleAccount.describe()}
    found = {
        name: (field.kind, field.secret, field.required, field.advanced, field.default)
        for name, field in described.items()
        if name not in ("base_url", "allowed_hosts")
    }
    assert found == {
        "secrets": ("list", True, False, False, ()),
        "token": ("text", True, True, False, None),
        "second_token": ("text", True, False, True, ""),
        "flag": ("bool", False, False, False, False),
    }
    assert all(dict(field.label) == {"en": "Key", "zh": "键"} for field in described.values() if field.name in found)


def test_secrets_are_a_list_and_none_of_them_is_shown() -> None:
    account = SampleAccount.parse({"token": "token-of-a-test", "secrets": "old-secret, new-secret"})
    assert set(account.secrets) >= {"old-secret", "new-secret"}
    for secret in ("token-of-a-test", "old-secret", "new-secret"):
        assert secret not in repr(account)
        assert secret not in redact(f"sent with {secret}")


@pytest.mark.parametrize("key", ["token", "second_token"])
@pytest.mark.parametrize("value", ["two words", "line\nbreak", "schlüssel"])
def test_a_token_that_no_header_can_carry_is_refused(key: str, value: str) -> None:
    with pytest.raises(AccountError) as caught:
        SampleAccount.parse({"token": "t", key: value})
    assert set(caught.value.problems) == {key}


def test_a_required_token_may_not_be_empty_and_an_optional_one_may() -> None:
    with pytest.raises(AccountError):
        SampleAccount.parse({"token": ""})
    assert SampleAccount.parse({"token": "t", "second_token": ""}).second_token == ""
