"""Gives a user the Django permissions that a role needs: when the role is granted, and when a new version needs more.

A write asks for both: the permission says what kind of row the user may write, the role on which bot. Whoever takes a
permission away from a user forbids these writes on every bot. Taking the role away leaves the permissions, which allow
nothing without a role.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.apps import AppConfig
from django.apps import apps as global_apps
from django.contrib.auth.models import Permission
from django.core.exceptions import FieldDoesNotExist
from django.db import DEFAULT_DB_ALIAS
from django.db.models import Q
from django.db.models.signals import post_migrate, post_save
from django.dispatch import receiver

from bots.models import BotAccess

_OPERATOR = (
    "bots.add_message",
    "bots.add_replayrun",
    "bots.change_replayrun",
    "bots.change_conversation",
    "bots.change_inboundevent",
    "bots.change_outboundmessage",
    "bots.change_person",
    "memory.change_memoryentry",
    "memory.delete_memoryentry",
    "skills.change_toolcall",
)
_MANAGER = (
    *_OPERATOR,
    "bots.delete_person",
    "bots.change_bot",
    "bots.add_channel",
    "bots.change_channel",
    "bots.delete_channel",
    "bots.add_limit",
    "bots.change_limit",
    "bots.delete_limit",
    "bots.delete_replayrun",
    "bots.add_evaluationset",
    "bots.change_evaluationset",
    "bots.delete_evaluationset",
    "bots.add_evaluationcase",
    "bots.change_evaluationcase",
    "bots.delete_evaluationcase",
    "skills.add_botskill",
    "skills.change_botskill",
    "skills.delete_botskill",
    "skills.view_mcptool",
    "skills.add_mcpgrant",
    "skills.change_mcpgrant",
    "skills.delete_mcpgrant",
    "skills.view_instructionskill",
    "skills.add_instructiongrant",
    "skills.change_instructiongrant",
    "skills.delete_instructiongrant",
    "skills.add_flowdefinition",
    "skills.change_flowdefinition",
    "skills.delete_flowdefinition",
    "skills.add_bottool",
    "skills.change_bottool",
    "skills.delete_bottool",
)
NEEDED: dict[str, tuple[str, ...]] = {
    BotAccess.Role.VIEWER: (),
    BotAccess.Role.OPERATOR: _OPERATOR,
    BotAccess.Role.MANAGER: _MANAGER,
}
_LABELS = frozenset(name.partition(".")[0] for name in _MANAGER)


def give(access: Any, names: Iterable[str], database: str = "default") -> None:
    """Gives the user of a role these permissions, and notes which. Those that no table has yet stay for the next time.

    Args:
        access: A row of BotAccess.
        names: Such as "bots.change_bot".
        database: Its alias.
    """
    wanted = Q()
    for name in names:
        label, _, codename = name.partition(".")
        wanted |= Q(content_type__app_label=label, codename=codename)
    found = list(Permission.objects.using(database).filter(wanted).select_related("content_type")) if wanted else []
    access.user.user_permissions.add(*found)
    given = {*access.given, *(f"{one.content_type.app_label}.{one.codename}" for one in found)}
    type(access)._base_manager.using(database).filter(pk=access.pk).update(given=sorted(given))


def give_new(database: str = "default") -> None:
    """Gives every user with a role what this version needs for it and they have never got.

    A permission that somebody took away is not given again: it was given before.
    """
    for access in BotAccess.objects.using(database).exclude(role=BotAccess.Role.VIEWER).select_related("user"):
        if new := set(NEEDED[access.role]).difference(access.given):
            give(access, new, database)


@receiver(post_save, sender=BotAccess, dispatch_uid="access.role_permissions")
def _granted(instance: BotAccess, raw: bool, **_kwargs: Any) -> None:
    if not raw:  # raw: loaded with its permissions from a dump
        give(instance, NEEDED[instance.role])


@receiver(post_migrate, dispatch_uid="access.new_permissions")
def _updated(app_config: AppConfig, using: str, apps: Any = global_apps, **_kwargs: Any) -> None:
    """After an update; at every `migrate`, because one that was interrupted gave nothing.

    Django has made the permissions of the app by then: its own receiver is older.
    """
    if app_config.label not in _LABELS or using != DEFAULT_DB_ALIAS:
        return
    try:
        apps.get_model("bots", "BotAccess")._meta.get_field("given")
    except (LookupError, FieldDoesNotExist):  # another app was migrated alone
        return
    give_new(using)
