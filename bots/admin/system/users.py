"""The pages of users, groups, API tokens and bot access."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, User
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from bots.admin.ui.audited import AuditedMixin
from bots.admin.ui.base import BaseAdmin, TypedInline
from bots.admin.ui.filters import ChoicesDropdownFilter, ScopedFilter
from bots.models import ApiToken, BotAccess
from bots.operations import api_tokens

# Only superusers give these away.
_RIGHTS = ("is_superuser", "groups", "user_permissions")

for _replaced in (User, Group):
    if admin.site.is_registered(_replaced):
        admin.site.unregister(_replaced)


class BotAccessInline(TypedInline[BotAccess]):
    """The bots that a user may work with. A superuser may work with all bots without a row here."""

    model = BotAccess
    extra = 0
    fields = ("bot", "role")


@admin.register(User)
class UserAdmin(AuditedMixin, DjangoUserAdmin[User], BaseAdmin[User]):
    """Users. "Staff" lets them into the admin; bot access says which bots they may work with."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "email", "is_staff", "is_superuser", "is_active", "last_login")
    list_filter = ("is_staff", "is_superuser", "is_active")
    inlines = (BotAccessInline,)

    def get_inlines(self, request: HttpRequest, obj: User | None) -> Any:
        return super().get_inlines(request, obj) if obj is not None else ()

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        # Otherwise whoever may change users could make themselves superuser.
        return super().get_readonly_fields(request, obj) if request.user.is_superuser else _RIGHTS

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_change_permission(request, obj) and _not_above(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_delete_permission(request, obj) and _not_above(request, obj)


def _not_above(request: HttpRequest, user: User | None) -> bool:
    """Returns whether the user on the page is no superuser, or the user at the keyboard is one too."""
    return user is None or request.user.is_superuser or not user.is_superuser


@admin.register(Group)
class GroupAdmin(AuditedMixin, DjangoGroupAdmin, BaseAdmin[Group]):
    """Groups of Django permissions, for objects that belong to no bot: providers, users, schedules.

    Only superusers change them, because a group can hold permissions that its editor lacks.
    """

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)

    def has_change_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return bool(request.user.is_superuser)

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return bool(request.user.is_superuser)


@admin.register(BotAccess)
class BotAccessAdmin(AuditedMixin, BaseAdmin[BotAccess]):
    """The roles of users on bots. Superusers and users with Django's permission edit them."""

    list_display = ("user", "bot", "role")
    list_filter = (("role", ChoicesDropdownFilter), ("bot", ScopedFilter))
    list_select_related = ("user", "bot")
    search_fields = ("user__username", "bot__name", "bot__slug")


@admin.register(ApiToken)
class ApiTokenAdmin(AuditedMixin, BaseAdmin[ApiToken]):
    """API tokens. The key is shown once, on creation; afterwards only its beginning is."""

    list_display = ("user", "begins_with", "created")
    list_filter = ()
    list_select_related = ("user",)
    search_fields = ("user__username", "prefix")
    fields = ("user",)

    @admin.display(description=_("begins with"), ordering="prefix")
    def begins_with(self, token: ApiToken) -> str:
        return f"{token.prefix}…"

    def has_change_permission(self, request: HttpRequest, obj: ApiToken | None = None) -> bool:
        # A token never changes its user: delete it and add another.
        return False

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        # A token has the rights of its user.
        if not request.user.is_superuser:
            kwargs["queryset"] = User.objects.filter(is_superuser=False)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: ApiToken, form: Any, change: bool) -> None:
        key = api_tokens.give_key(obj)
        super().save_model(request, obj, form, change)
        text = _("The token, shown only this once: %(key)s") % {"key": key}
        self.message_user(request, text, messages.WARNING)
