"""Declares account keys that several platforms share: each platform gives them its own name and help text."""

from __future__ import annotations

from typing import Any

from adapters.accounts import account_field


def secrets_field(*, label: tuple[str, str], help: tuple[str, str]) -> Any:
    """Declares the secrets that verify requests, of type `Secrets`. Any of them is accepted, so they can be rotated.

    They are optional, because an account may only send. An account without one refuses every request.
    """
    return account_field((), label=label, help=help, secret=True, kind="list")


def token_field(
    *, label: tuple[str, str], help: tuple[str, str], optional: bool = False, advanced: bool = False
) -> Any:
    """Declares a secret of type `Text` that is sent unchanged in a header or a form: visible ASCII without spaces."""
    if optional:
        return account_field("", label=label, help=help, secret=True, pattern=r"^[!-~]*$", advanced=advanced)
    return account_field(label=label, help=help, secret=True, pattern=r"^[!-~]+$", advanced=advanced)


def flag_field(*, label: tuple[str, str], help: tuple[str, str], advanced: bool = False) -> Any:
    """Declares a switch of type `bool` that is off by default."""
    return account_field(False, label=label, help=help, kind="bool", advanced=advanced)
