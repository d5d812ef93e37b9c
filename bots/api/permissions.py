"""Checks permissions and roles: 404 for a bot that is not granted, 403 without a permission or a sufficient role.

A write needs both, as in the admin: Django's permission on the kind of row, and the role on its bot, if it has one.
"""

from __future__ import annotations

from typing import Any

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from bots.access import roles


class IsSignedIn(BasePermission):
    """Allows any active user."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return request.user.is_authenticated and request.user.is_active


class IsSuperuser(IsSignedIn):
    """Allows superusers alone: what is about all bots, and about everybody's data."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return super().has_permission(request, view) and roles.is_superuser(request.user)


class MayWrite(IsSignedIn):
    """Requires Django's permission for a write: to add, change or delete rows of the view's model."""

    message: str | None = None

    def has_permission(self, request: Request, view: Any) -> bool:
        if not super().has_permission(request, view):
            return False
        if request.method in SAFE_METHODS:
            return True
        action = {"create": "add", "destroy": "delete"}.get(view.action, "change")
        about = view.queryset.model._meta
        needed = f"{about.app_label}.{action}_{about.model_name}"
        if request.user.has_perm(needed):
            return True
        self.message = f"This needs the permission {needed}."
        return False


class HasRole(MayWrite):
    """Requires the view's role for this action on the bot that the object belongs to, too."""

    def has_object_permission(self, request: Request, view: Any, obj: Any) -> bool:
        needed: str = view.role_for(view.action)
        # The queryset contains only granted bots, so `viewer` needs no check.
        return needed == roles.Role.VIEWER or roles.may(request.user, view.bot_id_of(obj), needed)


class MayConfigure(MayWrite):
    """Requires a member of staff, too."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return super().has_permission(request, view) and roles.may_configure(request.user)
