"""Secrets that an operator stores for a skill: encrypted, never shown, bound to where they are sent."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from clawdbot import crypto
from clawdbot.address_values import addresses_in
from clawdbot.redaction import register_secret

logger = logging.getLogger(__name__)


def seal(values: Mapping[str, str], module: str, config: Mapping[str, Any]) -> str:
    """Returns the encrypted secrets, to be stored; "" for none.

    They can be read only for the same class and while the configuration names the same servers. Whoever changes one of
    them must enter the secrets again.
    """
    kept = {name: value for name, value in values.items() if value}
    if not kept:
        return ""
    return crypto.encrypt_json({"place": _place(module, config), "values": kept})


def unseal(token: str, module: str, config: Mapping[str, Any]) -> dict[str, str]:
    """Returns the secrets; none when they were entered for another class or server. From now on logs hide them."""
    if not token:
        return {}
    try:
        stored = crypto.decrypt_json(token)
    except crypto.CryptoError:
        logger.warning("the secrets of %s cannot be decrypted: enter them again in the admin", module)
        return {}
    if stored.get("place") != _place(module, config):
        logger.warning("the secrets of %s were entered for another server: enter them again in the admin", module)
        return {}
    values = {str(name): str(value) for name, value in dict(stored.get("values") or {}).items()}
    for value in values.values():
        register_secret(value)
    return values


def names(token: str, module: str, config: Mapping[str, Any]) -> frozenset[str]:
    """Returns the names of the secrets that are stored and can be used."""
    return frozenset(unseal(token, module, config))


def _place(module: str, config: Mapping[str, Any]) -> list[Any]:
    return [module, [list(pair) for pair in sorted(addresses_in(config).items())]]
