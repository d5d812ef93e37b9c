"""The pages of received and sent files: read-only lists with downloads for users who may view the bot."""

from __future__ import annotations

from typing import Any, TypeVar

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest
from django.template.defaultfilters import filesizeformat
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from bots.admin.ui.base import BotScopedAdmin, ReadOnlyMixin
from bots.admin.ui.filters import ScopedFilter
from bots.admin.ui.fragments import admin_link, ago
from bots.admin.ui.large_tables import RecentValuesFilter
from bots.i18n.failure_texts import describe_column
from bots.models import ReceivedFile, SentFile
from bots.models.file import StoredFile

Row = TypeVar("Row", bound=StoredFile)


class StoredFileAdmin(ReadOnlyMixin, BotScopedAdmin[Row]):
    """Files as downloads only. The admin never displays them, because their content is untrusted."""

    bot_path = "conversation__bot"
    list_filter = (("conversation__bot", ScopedFilter), ("kind", RecentValuesFilter))
    list_select_related = ("conversation__person", "conversation__channel")
    search_fields = ("name", "content_type", "conversation__person__display_name")

    def get_urls(self) -> list[Any]:
        name = f"bots_{self.opts.model_name}_download"
        way = path("<int:pk>/download/", self.admin_site.admin_view(self.download_view), name=name)
        return [way, *super().get_urls()]

    def download_view(self, request: HttpRequest, pk: int) -> FileResponse:
        found: Any = self.model._default_manager.select_related("conversation").filter(pk=pk).first()
        if found is None or not found.stored:
            raise Http404
        if not self.has_view_permission(request, found):
            raise PermissionDenied
        response = FileResponse(
            found.file.open("rb"), as_attachment=True, filename=found.name or str(found.file.name).rsplit("/", 1)[-1]
        )
        response["Content-Security-Policy"] = "sandbox"
        response["X-Content-Type-Options"] = "nosniff"
        return response

    @admin.display(description=_("name"), ordering="name")
    def title(self, found: Any) -> str:
        return str(found)

    @admin.display(description=_("file"))
    def download(self, found: Any) -> str:
        if not found.stored:
            return "–"
        address = reverse(f"admin:bots_{self.opts.model_name}_download", args=[found.pk])
        return format_html('<a class="claw-link" href="{}">{}</a>', address, str(found))

    @admin.display(description=_("size"), ordering="size")
    def size_label(self, found: Any) -> str:
        return str(filesizeformat(found.size)) if found.size else "–"

    @admin.display(description=_("conversation"))
    def conversation_link(self, found: Any) -> str:
        return admin_link(found.conversation)


@admin.register(ReceivedFile)
class ReceivedFileAdmin(StoredFileAdmin[ReceivedFile]):
    """Files that people sent."""

    list_display = ("title", "kind", "content_type", "size_label", "conversation_link", "received", "error_text")
    fields = ("download", "kind", "content_type", "size_label", "conversation_link", "created_at", "error_text")

    @admin.display(description=_("received"), ordering="created_at")
    def received(self, found: ReceivedFile) -> str:
        return ago(found.created_at)

    @admin.display(description=_("why it was not stored"))
    def error_text(self, found: ReceivedFile) -> str:
        return describe_column(found, "error") or "–"


@admin.register(SentFile)
class SentFileAdmin(StoredFileAdmin[SentFile]):
    """Files that bots and the team sent."""

    list_display = ("title", "kind", "content_type", "size_label", "conversation_link", "created")
    fields = ("download", "kind", "content_type", "size_label", "conversation_link", "created_at")

    @admin.display(description=_("created"), ordering="created_at")
    def created(self, found: SentFile) -> str:
        return ago(found.created_at)
