"""System checks: report unsafe or unreliable set-ups whose single settings are all valid."""

from __future__ import annotations

import os
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register


@register(Tags.security)
def keys_are_private(**_: Any) -> list[CheckMessage]:
    """Checks that only the owner can read the key files."""
    return [
        Error(f"{path.name} can be read by other users.", hint=f"chmod 600 {path}", id="clawdbot.E001")
        for path in sorted((settings.HOME / "keys").glob("*.key"))
        if path.stat().st_mode & 0o077
    ]


@register(Tags.files)
def home_is_writable(**_: Any) -> list[CheckMessage]:
    """Checks that the home folder is writable."""
    if os.access(settings.HOME, os.W_OK | os.X_OK):
        return []
    return [Error(f"{settings.HOME} cannot be written.", hint="Set CLAWDBOT_HOME.", id="clawdbot.E002")]


@register(Tags.security, deploy=True)
def production_has_an_address(**_: Any) -> list[CheckMessage]:
    """Checks the public address, which webhooks, links and cookies need."""
    config = settings.CLAWDBOT
    found: list[CheckMessage] = []
    if not config.web.public_url:
        found.append(
            Warning("web.public_url is not set.", hint="Platforms cannot be told the webhook.", id="clawdbot.W001")
        )
    elif not config.web.public_url.startswith("https://"):
        found.append(Warning("web.public_url is not https.", hint="Most platforms refuse it.", id="clawdbot.W002"))
    if "*" in settings.ALLOWED_HOSTS:
        found.append(Warning("web.allowed_hosts takes every host.", hint="Name yours.", id="clawdbot.W003"))
    return found


@register(Tags.database, deploy=True)
def several_hosts_need_redis(**_: Any) -> list[CheckMessage]:
    """Checks that PostgreSQL is used with Redis: a queue in files reaches only this machine."""
    config = settings.CLAWDBOT
    if config.database_url.startswith("postgres") and not config.redis_url:
        return [
            Warning(
                "PostgreSQL without Redis: only processes of this machine share the queue.",
                hint="Set REDIS_URL.",
                id="clawdbot.W004",
            )
        ]
    return []
