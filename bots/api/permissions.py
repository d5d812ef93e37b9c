"""Roles at the door: a bot that is not granted does not exist (404), a role that is too low is refused (403)."""

from __future__ import annotations

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from bots.access import roles


class IsSignedIn(BasePermission):
    """Any active user."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return request.user.is_authenticated and request.user.is_active


class HasRole(IsSignedIn):
    """On objects: the role that the view asks for this action, on the bot the object belongs to."""

    def has_object_permission(self, request: Request, view: Any, obj: Any) -> bool:
        needed: str = view.role_for(view.action)
        # The queryset holds granted bots only, so to see is never a question here.
        return needed == roles.Role.VIEWER or roles.may(request.user, view.bot_id_of(obj), needed)


class MayConfigure(IsSignedIn):
    """Staff and superusers."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return super().has_permission(request, view) and roles.may_configure(request.user)
