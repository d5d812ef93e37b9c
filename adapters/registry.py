"""The registry of platforms. Creates the adapter for an account."""

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

# A new platform needs one line here. `identify` tries the platforms in this order.
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
    """Returns the names of all platforms."""
    return tuple(ADAPTERS)


@cache
def adapter_class(platform: str) -> type[Adapter[Any]]:
    """Returns the adapter class of a platform. Imports it on first use.

    Raises:
        UnknownPlatform: The name is not registered.
    """
    try:
        module, _, name = ADAPTERS[platform].rpartition(".")
    except KeyError:
        raise UnknownPlatform(Reason("unknown_platform", name=repr(platform), known=", ".join(ADAPTERS))) from None
    found: type[Adapter[Any]] = getattr(importlib.import_module(module), name)
    return found


def create(platform: str, account: Mapping[str, Any], *, clock: Clock = system_clock) -> Adapter[Any]:
    """Creates the adapter for one account.

    Args:
        platform: Name from `platforms()`.
        account: The account's values by key; unknown keys are ignored.
        clock: Epoch seconds, for time windows.

    Raises:
        UnknownPlatform: The platform is not registered.
        AccountError: The account does not match the platform's schema.
    """
    return adapter_class(platform)(account, clock=clock)


def simulated() -> tuple[str, ...]:
    """Returns the platforms that have a simulator."""
    return tuple(name for name in ADAPTERS if adapter_class(name).simulator)


def simulator(platform: str, *, clock: Clock = system_clock) -> Simulator:
    """Creates the simulator of a platform.

    Raises:
        UnknownPlatform: The platform is not registered, or has no simulator.
    """
    path = adapter_class(platform).simulator
    if not path:
        raise UnknownPlatform(Reason("platform_not_simulated", name=platform, known=", ".join(simulated())))
    module, _, name = path.rpartition(".")
    made: Simulator = getattr(importlib.import_module(module), name)(clock)
    return made


def account_fields(platform: str) -> tuple[AccountField, ...]:
    """Returns the keys of a platform's account, described for forms.

    Raises:
        UnknownPlatform: The platform is not registered.
    """
    return adapter_class(platform).schema.describe()


def guide(platform: str) -> Guide:
    """Returns the set-up guide of a platform.

    Raises:
        UnknownPlatform: The platform is not registered.
    """
    return adapter_class(platform).schema.guide


def validate_account(platform: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Validates an account strictly and returns its JSON-serialisable values, without keys at their default.

    Raises:
        UnknownPlatform: The platform is not registered.
        AccountError: Keys are unknown, missing or wrong; names each key and never shows a value.
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
    """Returns the platforms whose requests look like this one, most likely first; mostly one or none."""
    return tuple(name for name in ADAPTERS if adapter_class(name).identify(request))
