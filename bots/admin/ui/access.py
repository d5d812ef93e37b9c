"""Reads a user's roles on bots (rows of BotAccess) for the admin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.http import HttpRequest

from bots.models import BotAccess

VIEWER, OPERATOR, MANAGER = BotAccess.Role.VIEWER, BotAccess.Role.OPERATOR, BotAccess.Role.MANAGER
_RANK: Mapping[str, int] = {VIEWER: 1, OPERATOR: 2, MANAGER: 3}
_CACHE = "_clawdbot_access"


@dataclass(frozen=True, slots=True)
class Access:
    """The roles of one user by bot id; `everything` marks a superuser, who needs no role."""

    everything: bool
    roles: Mapping[int, str]

    def bots(self, least: str) -> frozenset[int] | None:
        """Returns the ids of the bots on which the user has at least this role; None means every bot."""
        if self.everything:
            return None
        return frozenset(bot for bot, role in self.roles.items() if _RANK[role] >= _RANK[least])

    def allows(self, bot_id: int | None, least: str) -> bool:
        """Tells whether the user has at least this role on the bot; without a bot, on any bot."""
        bots = self.bots(least)
        if bots is None:
            return True
        return bool(bots) if bot_id is None else bot_id in bots


def access_of(request: HttpRequest) -> Access:
    """Returns the user's access; reads it once per request."""
    known = getattr(request, _CACHE, None)
    if isinstance(known, Access):
        return known
    user = request.user
    if not user.is_active or not user.is_authenticated:
        found = Access(False, {})
    elif user.is_superuser:
        found = Access(True, {})
    else:
        found = Access(False, dict(BotAccess.objects.filter(user_id=user.pk).values_list("bot_id", "role")))
    setattr(request, _CACHE, found)
    return found
