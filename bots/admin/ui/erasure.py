"""Deletions of personal data in the admin: through the one operation that also proves them."""

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
    """Put before the admin class. What goes is noted in the audit log, which names nobody."""

    def erase_rows(self, request: HttpRequest, rows: Iterable[Any]) -> None:
        """Erases these rows with everything that belongs to them."""
        raise NotImplementedError

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        # Django would wrap it in a transaction, but the proof has to look at what is committed.
        view: Callable[..., HttpResponse] = self._delete_view  # type: ignore[attr-defined]  # Django's own, untyped
        return view(request, object_id, extra_context)

    def delete_model(self, request: HttpRequest, obj: Model) -> None:
        self._erase(request, [obj])

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self._erase(request, queryset)

    def log_deletions(self, request: HttpRequest, queryset: Iterable[Any]) -> list[Any]:
        # The admin's history would keep names and the beginnings of texts of what is erased.
        return []

    def _erase(self, request: HttpRequest, rows: Iterable[Any]) -> None:
        try:
            self.erase_rows(request, rows)
        except NotProved as error:
            messages.error(request, str(error))
