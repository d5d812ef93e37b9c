"""Routes deletions of personal data in the admin through the operation that also proves the erasure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse

from bots.operations.people import NotProved

if TYPE_CHECKING:
    from bots.admin.ui.base import BotScopedAdmin

    Base = BotScopedAdmin[Any]
else:
    Base = object


class ErasingMixin(Base):
    """Replaces deletion by `erase_rows`. List it before the admin class.

    The audit log records each erasure under a pseudonym.
    """

    def erase_rows(self, request: HttpRequest, rows: Iterable[Any]) -> None:
        """Erases these rows with all related data."""
        raise NotImplementedError

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        # Django would wrap it in a transaction, but the proof must search committed data.
        view: Callable[..., HttpResponse] = self._delete_view  # type: ignore[attr-defined]  # Django's own, untyped
        return view(request, object_id, extra_context)

    def delete_model(self, request: HttpRequest, obj: Model) -> None:
        self._erase(request, [obj])

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self._erase(request, queryset)

    def log_deletions(self, request: HttpRequest, queryset: Iterable[Any]) -> list[Any]:
        # The admin's history would keep names and excerpts of the erased rows.
        return []

    def _erase(self, request: HttpRequest, rows: Iterable[Any]) -> None:
        try:
            self.erase_rows(request, rows)
        except NotProved as error:
            messages.error(request, str(error))
