"""The memory pages of a bot: a preview of retention, and the state of vectors and indexes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.translation import gettext as _

from bots.models import Bot, Person
from memory.consolidation import retention
from memory.embedders import choice
from memory.indexes import health
from memory.store import MemoryStore
from memory.types import LONGEST_RETENTION

if TYPE_CHECKING:
    from bots.admin.ui.base import BotScopedAdmin

    Base = BotScopedAdmin[Bot]
else:
    Base = object

PEOPLE = 50


class BotMemoryMixin(Base):
    """Adds the memory pages to the admin of bots. List it before the admin class."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("<int:pk>/retention/", view(self.retention_view), name="bots_bot_retention"),
            path("<int:pk>/memory/", view(self.health_view), name="bots_bot_memory"),
            *super().get_urls(),
        ]

    def memory_links(self, bot: Bot) -> str:
        """Returns links to these pages for the bot's own page."""
        links = (
            (reverse("admin:bots_bot_retention", args=(bot.pk,)), _("What retention will delete")),
            (reverse("admin:bots_bot_memory", args=(bot.pk,)), _("State of the memory")),
        )
        return format_html_join(" · ", '<a class="claw-link" href="{}">{}</a>', links)

    def retention_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Shows what the next retention run deletes; `?days=` previews another period without saving it."""
        bot = self._bot(request, pk)
        asked = request.GET.get("days", "")
        days = min(int(asked), LONGEST_RETENTION) if asked.isascii() and asked.isdecimal() and len(asked) < 9 else None
        found = retention.preview(bot.pk, timezone.now(), days)
        names = Person.objects.for_bot(bot).in_bulk([share.person_id for share in found.people[:PEOPLE]])
        extra = {
            "title": _("Retention of %(bot)s") % {"bot": bot},
            "bot": bot,
            "preview": found,
            "tried": days is not None,
            "people": [(names.get(share.person_id), share) for share in found.people[:PEOPLE]],
            "more": max(len(found.people) - PEOPLE, 0),
        }
        return self.page(request, "admin/memory/retention.html", extra)

    def health_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Shows counts, the embedding progress, and the indexes of large memories."""
        bot = self._bot(request, pk)
        stats = MemoryStore(bot.pk).stats()
        scopes = sorted(health.of_scopes(bot.pk), key=lambda scope: -scope.rows)[:PEOPLE]
        people = Person.objects.for_bot(bot).in_bulk([scope.person_id for scope in scopes])
        searched = stats.entries - stats.duplicates
        extra = {
            "title": _("Memory of %(bot)s") % {"bot": bot},
            "bot": bot,
            "stats": stats,
            "embedder": choice.stored(),
            "done": searched - stats.waiting_for_vector,
            "searched": searched,
            "percent": 100 * (searched - stats.waiting_for_vector) // searched if searched else 100,
            "missing": health.missing(),
            "scopes": [(people.get(scope.person_id), scope) for scope in scopes],
        }
        return self.page(request, "admin/memory/health.html", extra)

    def _bot(self, request: HttpRequest, pk: int) -> Bot:
        bot = self.get_queryset(request).filter(pk=pk).first()
        if bot is None:
            raise Http404
        if not self.has_view_permission(request, bot):
            raise PermissionDenied
        return bot
