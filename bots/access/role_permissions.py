"""Gives a user the Django permissions that a role needs when the role is granted.

A write asks for both: the permission says what kind of row the user may write, the role on which bot. Whoever takes a
permission away from a user forbids these writes on every bot. Taking the role away leaves the permissions, which allow
nothing without a role.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Permission
from django.db.models import Q
from django.db.models.signals import post_save
from django.dispatch import receiver

from bots.models import BotAccess

_OPERATOR = (
    "bots.add_message",
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


@receiver(post_save, sender=BotAccess, dispatch_uid="access.role_permissions")
def _granted(instance: BotAccess, raw: bool, **_kwargs: Any) -> None:
    names = NEEDED[instance.role]
    if raw or not names:  # raw: loaded with its permissions from a dump
        return
    wanted = Q()
    for name in names:
        label, _, codename = name.partition(".")
        wanted |= Q(content_type__app_label=label, codename=codename)
    instance.user.user_permissions.add(*Permission.objects.filter(wanted))
