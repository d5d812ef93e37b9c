"""Which platforms exist, and how to get an adapter for one account."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from functools import cache
from typing import Any

from adapters.accounts import Account, AccountField
from adapters.base import Adapter
from adapters.errors import AccountError, UnknownPlatform
from adapters.events import WebhookRequest
from adapters.guide import Guide
from adapters.simulation import Simulator
from clawdbot.clock import Clock, system_clock
from clawdbot.reasons import Reason

# A new platform is one line here. The order is the order in which an unaddressed webhook is tried.
ADAPTERS: dict[str, str] = {
    "telegram": "adapters.telegram.adapter.TelegramAdapter",
    "line": "adapters.line.adapter.LineAdapter",
    "discord": "adapters.discord.adapter.DiscordAdapter",
    "slack": "adapters.slack.adapter.SlackAdapter",
    "webhook": "adapters.webhook.adapter.WebhookAdapter",
    "dingtalk": "adapters.dingtalk.adapter.DingTalkAdapter",
    "feishu": "adapters.feishu.adapter.FeishuAdapter",
    "whatsapp": "adapters.whatsapp.adapter.WhatsAppAdapter",
    "wecom": "adapters.wecom.adapter.WeComAdapter",
    "web": "adapters.web.adapter.WebAdapter",
}


def platforms() -> tuple[str, ...]:
    """The names of all platforms."""
    return tuple(ADAPTERS)


@cache
def adapter_class(platform: str) -> type[Adapter[Any]]:
    """The adapter class of a platform, imported on first use.

    Raises:
        UnknownPlatform: When the name is not registered.
    """
    try:
        module, _, name = ADAPTERS[platform].rpartition(".")
    except KeyError:
        raise UnknownPlatform(Reason("unknown_platform", name=repr(platform), known=", ".join(ADAPTERS))) from None
    found: type[Adapter[Any]] = getattr(importlib.import_module(module), name)
    return found


def create(platform: str, account: Mapping[str, Any], *, clock: Clock = system_clock) -> Adapter[Any]:
    """Makes the adapter for one account.

    Args:
        platform: Name from `platforms()`.
        account: The account's values by key; unknown keys are ignored.
        clock: Epoch seconds, for time windows.

    Raises:
        UnknownPlatform: When the platform is not registered.
        AccountError: When the account does not fit.
    """
    return adapter_class(platform)(account, clock=clock)


def simulated() -> tuple[str, ...]:
    """The platforms that can be tried without an account."""
    return tuple(name for name in ADAPTERS if adapter_class(name).simulator)


def simulator(platform: str, *, clock: Clock = system_clock) -> Simulator:
    """The platform in miniature.

    Raises:
        UnknownPlatform: When the platform is not registered, or has no simulator.
    """
    path = adapter_class(platform).simulator
    if not path:
        raise UnknownPlatform(Reason("platform_not_simulated", name=platform, known=", ".join(simulated())))
    module, _, name = path.rpartition(".")
    made: Simulator = getattr(importlib.import_module(module), name)(clock)
    return made


def account_fields(platform: str) -> tuple[AccountField, ...]:
    """The keys of a platform's account, described for forms.

    Raises:
        UnknownPlatform: When the platform is not registered.
    """
    return adapter_class(platform).schema.describe()


def guide(platform: str) -> Guide:
    """How an account of a platform is set up.

    Raises:
        UnknownPlatform: When the platform is not registered.
    """
    return adapter_class(platform).schema.guide


def validate_account(platform: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Checks an account strictly and returns it clean: JSON-able, without keys left at their default.

    Raises:
        UnknownPlatform: When the platform is not registered.
        AccountError: For unknown, missing or wrong keys; names the key, never shows a value.
    """
    known = {described.name: described for described in account_fields(platform)}
    unknown = [key for key in values if key not in known]
    if unknown:
        listed = ", ".join(known)
        raise AccountError(
            Reason("unknown_keys", keys=", ".join(unknown), known=listed),
            problems=dict.fromkeys(unknown, Reason("unknown_key", known=listed)),
        )
    account: Account = adapter_class(platform).schema.parse({k: v for k, v in values.items() if v not in (None, "")})
    account.refuse_incomplete()
    clean = account.model_dump(mode="json", include=set(known))
    return {name: value for name, value in clean.items() if value not in ("", None, [], known[name].default)}


def identify(request: WebhookRequest) -> tuple[str, ...]:
    """The platforms whose requests look like this one, most likely first; often one, or none."""
    return tuple(name for name in ADAPTERS if adapter_class(name).identify(request))
