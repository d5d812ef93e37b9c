"""The secret that signs what flows post to webhooks."""

from __future__ import annotations

from django.utils.crypto import salted_hmac


def secret_of(slug: str) -> str:
    """Returns the secret of a bot: 64 hex digits, the same until the secret key of the installation changes."""
    return salted_hmac("clawdbot.flows.webhook", slug, algorithm="sha256").hexdigest()
