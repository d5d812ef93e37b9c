"""Checks roles: 404 for a bot that is not granted to the user, 403 for a role that is too low."""

from __future__ import annotations

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from bots.access import roles


class IsSignedIn(BasePermission):
    """Allows any active user."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return request.user.is_authenticated and request.user.is_active


class HasRole(IsSignedIn):
    """Requires the view's role for this action on the bot that the object belongs to."""

    def has_object_permission(self, request: Request, view: Any, obj: Any) -> bool:
        needed: str = view.role_for(view.action)
        # The queryset contains only granted bots, so `viewer` needs no check.
        return needed == roles.Role.VIEWER or roles.may(request.user, view.bot_id_of(obj), needed)


class MayConfigure(IsSignedIn):
    """Allows staff and superusers."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return super().has_permission(request, view) and roles.may_configure(request.user)
