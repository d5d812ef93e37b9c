"""Decides which bots a user may see and change. API, admin and commands all use these rules."""

from __future__ import annotations

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

from bots.models import Bot, BotAccess
from bots.models.bot import BotQuerySet

Role = BotAccess.Role
User = AbstractBaseUser | AnonymousUser
_ROLES_FROM: dict[str, tuple[str, ...]] = {
    Role.VIEWER: (Role.VIEWER, Role.OPERATOR, Role.MANAGER),
    Role.OPERATOR: (Role.OPERATOR, Role.MANAGER),
    Role.MANAGER: (Role.MANAGER,),
}


def bots_for(user: User, at_least: str = Role.VIEWER) -> BotQuerySet:
    """Returns the bots on which the user has at least this role; all bots for a superuser. Usable as a subquery."""
    rows: BotQuerySet = Bot.objects.all()
    if is_superuser(user):
        return rows
    granted = BotAccess.objects.filter(user_id=user.pk or 0, role__in=_ROLES_FROM[at_least])
    return rows.filter(pk__in=granted.values("bot_id"))


def may(user: User, bot_id: int, at_least: str) -> bool:
    """Returns whether the user has at least this role on the bot. One query; none for a superuser."""
    return is_superuser(user) or bots_for(user, at_least).filter(pk=bot_id).exists()


def is_superuser(user: User) -> bool:
    """Returns whether the user is an active superuser, who needs no grant."""
    return bool(user.is_active and getattr(user, "is_superuser", False))


def may_configure(user: User) -> bool:
    """Returns whether the user may see and change what all bots share, such as model providers."""
    return bool(user.is_active and (getattr(user, "is_staff", False) or getattr(user, "is_superuser", False)))
