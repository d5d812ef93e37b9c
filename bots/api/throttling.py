"""Rate limits per user, from the settings."""

from __future__ import annotations

from django.conf import settings
from rest_framework.throttling import UserRateThrottle


class UserThrottle(UserRateThrottle):
    """The limit over all endpoints of the API."""

    scope = "api"

    def get_rate(self) -> str:
        return f"{settings.CLAWDBOT.api.requests_per_minute}/min"


class SendThrottle(UserRateThrottle):
    """The limit of messages sent to people."""

    scope = "api-send"

    def get_rate(self) -> str:
        return f"{settings.CLAWDBOT.api.sends_per_minute}/min"
