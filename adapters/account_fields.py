"""Keys that accounts of several platforms have in the same shape, under names and help texts of their own."""

from __future__ import annotations

from typing import Any

from adapters.accounts import account_field


def secrets_field(*, label: tuple[str, str], help: tuple[str, str]) -> Any:
    """The secrets that prove requests genuine, of type `Secrets`: any of them counts, so that they can be rotated.

    Without one every request is refused, so none is required: an account may be for sending alone.
    """
    return account_field((), label=label, help=help, secret=True, kind="list")


def token_field(
    *, label: tuple[str, str], help: tuple[str, str], optional: bool = False, advanced: bool = False
) -> Any:
    """One secret of type `Text` that goes into a header or a form as it is: visible ASCII, without spaces."""
    if optional:
        return account_field("", label=label, help=help, secret=True, pattern=r"^[!-~]*$", advanced=advanced)
    return account_field(label=label, help=help, secret=True, pattern=r"^[!-~]+$", advanced=advanced)


def flag_field(*, label: tuple[str, str], help: tuple[str, str], advanced: bool = False) -> Any:
    """A choice of type `bool` that is off unless somebody sets it."""
    return account_field(False, label=label, help=help, kind="bool", advanced=advanced)
