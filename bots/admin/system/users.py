"""Users, groups, API tokens and who may work with which bot."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, User
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from rest_framework.authtoken.admin import TokenAdmin as DrfTokenAdmin
from rest_framework.authtoken.models import Token, TokenProxy
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from bots.admin.ui.base import BaseAdmin, TypedInline
from bots.admin.ui.filters import ChoicesDropdownFilter, ScopedFilter
from bots.models import BotAccess

for _replaced in (User, Group, TokenProxy):
    if admin.site.is_registered(_replaced):
        admin.site.unregister(_replaced)


class BotAccessInline(TypedInline[BotAccess]):
    """The bots a user may work with; a superuser needs none."""

    model = BotAccess
    extra = 0
    fields = ("bot", "role")


@admin.register(User)
class UserAdmin(DjangoUserAdmin[User], BaseAdmin[User]):
    """People who log in here. "Staff" opens the admin, bot access says with which bots."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "email", "is_staff", "is_superuser", "is_active", "last_login")
    list_filter = ("is_staff", "is_superuser", "is_active")
    inlines = (BotAccessInline,)

    def get_inlines(self, request: HttpRequest, obj: User | None) -> Any:
        return super().get_inlines(request, obj) if obj is not None else ()


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, BaseAdmin[Group]):
    """Groups of permissions for what belongs to no bot: providers, users, schedules."""


@admin.register(BotAccess)
class BotAccessAdmin(BaseAdmin[BotAccess]):
    """Who may do what with which bot; kept by superusers and those with Django's permission."""

    list_display = ("user", "bot", "role")
    list_filter = (("role", ChoicesDropdownFilter), ("bot", ScopedFilter))
    list_select_related = ("user", "bot")
    search_fields = ("user__username", "bot__name", "bot__slug")


def _whose(token: Token) -> str:
    return str(_("token of %(user)s") % {"user": token.user})


# A token's own text is its key, and pages, messages and the history show an object's text.
for _shown in (Token, TokenProxy):
    setattr(_shown, "__str__", _whose)  # noqa: B010


@admin.register(TokenProxy)
class TokenAdmin(DrfTokenAdmin, BaseAdmin[TokenProxy]):
    """API tokens. The key is shown once, right after it was made; afterwards only whose it is."""

    list_display = ("user", "created")
    list_filter = ()
    list_select_related = ("user",)
    fields = ("user",)

    def has_change_permission(self, request: HttpRequest, obj: TokenProxy | None = None) -> bool:
        # A token belongs to one user for life: delete it and make another.
        return False

    def save_model(self, request: HttpRequest, obj: TokenProxy, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        text = _("The token, shown only this once: %(key)s") % {"key": obj.key}
        self.message_user(request, text, messages.WARNING)
