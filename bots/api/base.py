"""The base of every API view: strict query parameters, rows scoped to the user's bots, roles by action, pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, cast

from django.db.models import Model, QuerySet
from rest_framework import mixins, serializers
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.viewsets import GenericViewSet

from bots.access import roles as access
from bots.access.roles import Role
from bots.api.authentication import KeyAuthentication
from bots.api.pagination import Cursor
from bots.api.parsers import BoundedJSONParser
from bots.api.permissions import HasRole
from bots.api.throttling import UserThrottle
from bots.operations import row_changes

# Ids in the path: at most 18 digits, so that they fit the integer keys of every database.
ID_PATTERN = "[0-9]{1,18}"
_PAGING = ("cursor", "page_size", "ordering")


class Filters(serializers.Serializer[Any]):
    """The query parameters of every list; each resource adds its own."""

    cursor = serializers.CharField(required=False, max_length=500, help_text="From `next` or `previous` of a page.")
    page_size = serializers.IntegerField(required=False, min_value=1, max_value=200, help_text="Rows of a page; 50.")
    ordering = serializers.ChoiceField(choices=("-id", "id"), required=False, help_text="The first is the default.")

    @classmethod
    def orders(cls) -> list[str]:
        """Returns the orderings that a caller may request, the default first."""
        field: Any = cls._declared_fields["ordering"]
        return list(field.choices)


class ScopedViewSet(GenericViewSet[Any]):
    """Rows of bots that the user may see.

    Attributes:
        bot_path: ORM path from the row to its bot's id.
        roles: Minimum role by action; actions that are not named need `viewer`.
        filters: The query parameters of the list. Unknown ones are refused, so that a typo never widens the result.
    """

    authentication_classes = [KeyAuthentication, SessionAuthentication]
    permission_classes = [HasRole]
    throttle_classes = [UserThrottle]
    parser_classes = [BoundedJSONParser]
    renderer_classes = [JSONRenderer]
    pagination_class = Cursor
    lookup_value_regex = ID_PATTERN
    bot_path: ClassVar[str] = "bot_id"
    roles: ClassVar[Mapping[str, str]] = {}
    filters: ClassVar[type[Filters]] = Filters

    def role_for(self, action: str | None) -> str:
        return self.roles.get(action or "", Role.VIEWER)

    def bot_id_of(self, row: Model) -> int:
        value: Any = row
        for name in self.bot_path.split("__"):
            value = getattr(value, name)
        return int(value)

    def rows(self) -> QuerySet[Any]:
        """Returns all rows with the relations the serializer needs; `get_queryset` limits them to the user's bots."""
        raise NotImplementedError

    def get_queryset(self) -> QuerySet[Any]:
        rows = self.rows()
        if access.is_superuser(self.request.user):
            return rows
        bots = access.bots_for(self.request.user).values_list("pk", flat=True)
        # A subquery works only within one database.
        return rows.filter(**{f"{self.bot_path}__in": bots if rows.db == bots.db else list(bots)})

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.action != "list":
            return queryset
        values = self.parameters(self.filters)
        return self.narrow(queryset, {k: v for k, v in values.items() if k not in _PAGING and v is not None})

    def narrow(self, rows: QuerySet[Any], values: Mapping[str, Any]) -> QuerySet[Any]:
        """Applies the validated filter values; by default each is an exact match."""
        return rows.filter(**values) if values else rows

    def parameters(self, form: type[serializers.Serializer[Any]]) -> dict[str, Any]:
        """Returns the validated query parameters.

        Raises:
            ValidationError: An unknown parameter, or an invalid value.
        """
        # a plain dict: for a QueryDict, DRF applies form rules and reads a missing boolean as False
        checked = form(data=self.request.query_params.dict())
        unknown = set(self.request.query_params) - set(checked.fields)
        if unknown:
            raise ValidationError({name: ["This parameter is not known."] for name in sorted(unknown)})
        checked.is_valid(raise_exception=True)
        return dict(checked.validated_data)

    def ordering_of(self, request: Request) -> tuple[str, ...]:
        # `filter_queryset` runs first and validates it
        wanted = request.query_params.get("ordering") or self.filters.orders()[0]
        return (wanted,) if wanted.lstrip("-") == "id" else (wanted, "-id" if wanted.startswith("-") else "id")

    def perform_update(self, serializer: serializers.BaseSerializer[Any]) -> None:
        serializer.instance = row_changes.change(
            cast(Model, serializer.instance), serializer.validated_data, self.request.user
        )

    def require(self, bot_id: int, role: str) -> None:
        """Refuses with 403 when the user's role on this bot is lower.

        Raises:
            PermissionDenied: The text does not depend on the role.
        """
        if not access.may(self.request.user, bot_id, role):
            raise PermissionDenied


class EditableViewSet(
    ScopedViewSet,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    mixins.CreateModelMixin,
    mixins.UpdateModelMixin,
    mixins.DestroyModelMixin,
):
    """Rows that are listed, added, changed and removed; a view says how a row is saved."""

    http_method_names = ["get", "post", "patch", "delete"]

    def save(self, row: Any, values: Mapping[str, Any]) -> Model:
        """Saves the validated values to the row, or to a new one when it is None, and returns it."""
        raise NotImplementedError

    def perform_create(self, serializer: serializers.BaseSerializer[Any]) -> None:
        serializer.instance = self.save(None, serializer.validated_data)

    def perform_update(self, serializer: serializers.BaseSerializer[Any]) -> None:
        serializer.instance = self.save(serializer.instance, serializer.validated_data)

    def perform_destroy(self, instance: Any) -> None:
        row_changes.delete(instance, self.request.user)
