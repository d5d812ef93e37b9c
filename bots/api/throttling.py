"""How many requests one user may make; the rates are settings."""

from __future__ import annotations

from django.conf import settings
from rest_framework.throttling import UserRateThrottle


class UserThrottle(UserRateThrottle):
    """Every endpoint of the API, together."""

    scope = "api"

    def get_rate(self) -> str:
        return f"{settings.CLAWDBOT.api.requests_per_minute}/min"


class SendThrottle(UserRateThrottle):
    """Messages sent to people."""

    scope = "api-send"

    def get_rate(self) -> str:
        return f"{settings.CLAWDBOT.api.sends_per_minute}/min"
