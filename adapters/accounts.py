"""Account schemas: the keys of a bot account on a platform, for the admin, the command line and checks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from adapters.account_formats import WrongShape, reason_of
from adapters.account_modes import Mode, why_incomplete
from adapters.errors import WHOLE, AccountError
from adapters.guide import Guide
from clawdbot.reasons import Reason
from clawdbot.redaction import register_secret

FieldKind = Literal["text", "list", "bool", "number"]


@dataclass(frozen=True, slots=True)
class AccountField:
    """One key of an account, described for forms and help texts.

    Attributes:
        name: The key, as in `channel add --set name=value`.
        label: By language, "en" and "zh".
        help: By language, "en" and "zh".
        secret: Must be stored encrypted and never shown.
        required: Must have a value.
        kind: Type of the form field; "list" also accepts one string with commas or line breaks.
        default: Value when none is set.
        advanced: Seldom needed; forms show it in a section of its own.
        address: Says to which hosts requests go, with the secrets of the account.
    """

    name: str
    label: Mapping[str, str]
    help: Mapping[str, str]
    secret: bool
    required: bool
    kind: FieldKind
    default: Any
    advanced: bool = False
    address: bool = False


def split_list(value: Any) -> Any:
    """Turns "a, b" or lines into a tuple.

    A text with a comma is itself the last item too, because a secret may contain a comma.
    """
    if value is None:
        return ()
    if isinstance(value, str):
        parts = [part.strip() for part in re.split(r"[,\n]", value)]
        whole = value.strip()
        if "," in whole and "\n" not in whole:
            parts.append(whole)
        return tuple(dict.fromkeys(part for part in parts if part))
    if isinstance(value, (list, tuple, set)):
        return tuple(part.strip() if isinstance(part, str) else part for part in value if part)
    return value


def split_names(value: Any) -> Any:
    """Turns "a, b" or lines into a tuple of names."""
    if isinstance(value, str):
        return tuple(part for part in re.split(r"[,\s]+", value) if part)
    return () if value is None else value


def _text(value: Any) -> Any:
    # YAML and JSON often hold ids as numbers; a boolean is a mistake.
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value.strip() if isinstance(value, str) else value


def _base_url(value: Any) -> Any:
    value = _text(value)
    if isinstance(value, str) and value:
        if not re.fullmatch(r"https?://[^\s/?#@]+(/[^\s?#]*)?", value):
            raise WrongShape(Reason("must_be_base_url"))
        return value.rstrip("/")
    return value


def _target_url(value: Any) -> Any:
    value = _text(value)
    if isinstance(value, str) and value and not re.fullmatch(r"https?://[^\s/?#@]+([/?][^\s#]*)?", value):
        raise WrongShape(Reason("must_be_target_url"))
    return value


Text = Annotated[str, BeforeValidator(_text)]
BaseUrl = Annotated[str, BeforeValidator(_base_url)]
TargetUrl = Annotated[str, BeforeValidator(_target_url)]
Secrets = Annotated[tuple[str, ...], BeforeValidator(split_list)]
Names = Annotated[tuple[str, ...], BeforeValidator(split_names)]


def account_field(
    default: Any = ...,
    *,
    label: tuple[str, str],
    help: tuple[str, str] = ("", ""),
    secret: bool = False,
    kind: FieldKind = "text",
    advanced: bool = False,
    address: bool = False,
    **constraints: Any,
) -> Any:
    """Declares a key of an account.

    Args:
        default: Value when none is set; leave it out for a required key.
        label: English and Chinese label.
        help: English and Chinese help text.
        secret: Stored encrypted, write-only, registered for redaction.
        kind: Type of the form field.
        advanced: Seldom needed; forms show it in a section of its own.
        address: Says to which hosts requests go.
        **constraints: Passed to pydantic (`pattern`, `max_length`, ...).
    """
    about: Any = {
        "label": {"en": label[0], "zh": label[1]},
        "help": {"en": help[0], "zh": help[1]},
        "secret": secret,
        "kind": kind,
        "advanced": advanced,
        "address": address,
    }
    return Field(default, repr=not secret, json_schema_extra={"account": about}, **constraints)


class Account(BaseModel):
    """Base of every account schema; adds the keys all platforms have."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True, arbitrary_types_allowed=True)
    guide: ClassVar[Guide] = Guide()
    modes: ClassVar[tuple[Mode, ...]] = ()
    """The modes of the account, for platforms with several; one of them must be complete (`why_incomplete`)."""

    base_url: BaseUrl = account_field(
        "",
        label=("API address", "API 地址"),
        help=(
            "Only for a proxy, a self-hosted API server or tests; empty means the platform's own address.",
            "仅用于代理、自建 API 服务器或测试；留空则使用平台官方地址。",
        ),
        advanced=True,
        address=True,
    )
    allowed_hosts: Names = account_field(
        (),
        label=("Allowed hosts", "允许的主机"),
        help=(
            "Hosts that addresses from the platform may point to. They replace the platform's own hosts.",
            "平台下发的地址可以指向的主机；填写后将取代平台自身的主机。",
        ),
        kind="list",
        advanced=True,
        address=True,
    )
    # The program sets it: the hosts that the account names must be public.
    public_only: bool = False

    @property
    def guarded(self) -> bool:
        """True when requests may reach public hosts only. The platform's own hosts need no check."""
        return self.public_only and any(getattr(self, field.name) for field in self.describe() if field.address)

    @property
    def elsewhere(self) -> bool:
        """True when API calls do not go to the platform itself, but to a proxy, a local server or a simulator."""
        return bool(self.base_url)

    @classmethod
    def describe(cls) -> tuple[AccountField, ...]:
        """Returns the keys an operator sets: the platform's own keys before the common ones, required keys first."""
        out = []
        for name, info in cls.model_fields.items():
            extra = info.json_schema_extra
            about: Any = extra.get("account") if isinstance(extra, dict) else None
            if about is None:
                continue  # the program injects it; nobody sets it in a form
            default = None if info.is_required() else info.default
            out.append(AccountField(name=name, required=info.is_required(), default=default, **about))
        common = set(Account.model_fields)
        return tuple(sorted(out, key=lambda f: (f.name in common, not f.required)))

    @classmethod
    def parse(cls, values: Mapping[str, Any]) -> Any:
        """Validates the values and registers the secret ones for redaction.

        Raises:
            AccountError: Some values are wrong; names each key and the reason, never a value.
        """
        try:
            account = cls.model_validate(dict(values))
        except ValidationError as error:
            problems = {
                ".".join(str(part) for part in item["loc"][:1]) or WHOLE: reason_of(item)
                for item in error.errors(include_url=False, include_input=False)
            }
        else:
            account.register_secrets()
            return account
        raise AccountError(problems=problems)

    def refuse_incomplete(self) -> None:
        """Refuses an account that is complete in no mode.

        Creating an adapter does not check this, so that stored accounts stay usable.

        Raises:
            AccountError: No mode is complete; names what is missing.
        """
        given = {name for mode in self.modes for name in mode.keys + mode.without if getattr(self, name)}
        labels = {described.name: described.label for described in self.describe()}
        if missing := why_incomplete(self.modes, given, labels):
            raise AccountError(problems=missing)

    def register_secrets(self) -> None:
        """Registers every secret value of this account for redaction in logs."""
        for described in self.describe():
            if described.secret:
                value = getattr(self, described.name)
                for secret in value if isinstance(value, tuple) else (value,):
                    if isinstance(secret, str):
                        register_secret(secret)


class ApiAccount(Account):
    """Base of the accounts of platforms that have an API."""

    platform_url: ClassVar[str]
    """The platform's own address, used unless `base_url` is set."""

    @property
    def root(self) -> str:
        """Base URL of the API: `base_url`, else the platform's own address."""
        return self.base_url or self.platform_url

    @property
    def api(self) -> str:
        """Base URL of every API call."""
        return self.root
