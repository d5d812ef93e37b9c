"""The memory pages of a person: explorer and timeline, with the permissions of the admin of people."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from bots.admin.memory import explorer, timeline
from bots.admin.ui import kept_text
from bots.models import Person
from bots.operations import memories
from memory.lifecycle.editing import EditRefused
from memory.models import MemoryEntry

if TYPE_CHECKING:
    from bots.admin.ui.base import BotScopedAdmin

    Base = BotScopedAdmin[Person]
else:
    Base = object

FOUND = 20
KEPT = "memory"


class PersonMemoryMixin(Base):
    """Adds the memory pages to the admin of people. List it before the admin class."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("explore/", view(self.choose_view), name="memory_explorer"),
            path("<int:pk>/memory/", view(self.explorer_view), name="bots_person_memory"),
            path("<int:pk>/memory/<int:entry>/", view(self.memory_action_view), name="bots_person_memory_action"),
            path("<int:pk>/timeline/", view(self.timeline_view), name="bots_person_timeline"),
            *super().get_urls(),
        ]

    def choose_view(self, request: HttpRequest) -> HttpResponse:
        """Lists people to choose from, by name or id, only those of the user's bots."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        wanted = request.GET.get("who", "").strip()[:100]
        people = self.get_queryset(request).select_related("bot").order_by("-last_seen_at", "-pk")
        if wanted:
            people = people.filter(
                Q(display_name__icontains=wanted) | Q(key__icontains=wanted) | Q(bot__name__icontains=wanted)
            )
        found = list(people.prefetch_related(None)[: FOUND + 1])
        extra = {"title": _("Memory explorer"), "who": wanted, "people": found[:FOUND], "more": len(found) > FOUND}
        return self.page(request, "admin/memory/choose.html", extra)

    def explorer_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Shows the hits for a question to the person's memory."""
        person = self._person(request, pk)
        question = request.GET.get("q", "").strip()[: explorer.LARGEST]
        day, history = _day(request.GET.get("as_of", "")), "history" in request.GET
        answer = explorer.ask(person, question, as_of=_end_of(day), history=history) if question else None
        refused_entry, refused_words = kept_text.take(request, KEPT)
        extra = {
            "refused_entry": refused_entry,
            "refused_words": refused_words,
            "title": _("Memory of %(person)s") % {"person": person},
            "person": person,
            "question": question,
            "as_of": day,
            "history": history,
            "answer": answer,
            "may_change": self.has_operate_permission(request, person),
            "query": urlencode({key: value for key, value in request.GET.items() if key in ("q", "as_of", "history")}),
        }
        return self.page(request, "admin/memory/explorer.html", extra)

    def memory_action_view(self, request: HttpRequest, pk: int, entry: int) -> HttpResponse:
        """Changes one memory, then redirects to the explorer with the same question."""
        person = self._person(request, pk)
        if not self.has_operate_permission(request, person):
            raise PermissionDenied
        action = _ACTIONS.get(request.POST.get("action", ""))
        if request.method != "POST" or action is None:
            raise Http404
        action(request, person, entry)
        query = request.POST.get("back", "")
        return HttpResponseRedirect(f"{reverse('admin:bots_person_memory', args=(person.pk,))}?{query}")

    def timeline_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Shows the person's memories by day, latest first."""
        person = self._person(request, pk)
        chosen = timeline.Chosen.of(request.GET)
        page = Paginator(timeline.rows(person, chosen), timeline.PAGE).get_page(request.GET.get("page"))
        extra = {
            "title": _("Timeline of %(person)s") % {"person": person},
            "person": person,
            "chosen": chosen,
            "kinds": timeline.kinds(),
            "page": page,
            "days": timeline.days(page.object_list),
            "query": chosen.query(),
        }
        return self.page(request, "admin/memory/timeline.html", extra)

    def _person(self, request: HttpRequest, pk: int) -> Person:
        person = self.get_queryset(request).select_related("bot").prefetch_related(None).filter(pk=pk).first()
        if person is None:
            raise Http404  # the same answer for people of other bots, so that their existence stays hidden
        if not self.has_view_permission(request, person):
            raise PermissionDenied
        return person


def _day(text: str) -> date | None:
    """Parses the value of a date field; None for anything else."""
    try:
        return parse_date(text)
    except ValueError:
        return None


def _end_of(day: date | None) -> datetime | None:
    """Returns the last moment of a day in the reader's time zone, because "as of" includes the day."""
    if day is None:
        return None
    return timezone.make_aware(datetime.combine(day, time.min)) + timedelta(days=1) - timedelta(microseconds=1)


def _edit(request: HttpRequest, person: Person, entry: int) -> None:
    try:
        changed = memories.edit(person, request.user, entry, request.POST.get("text", ""))
    except EditRefused as error:
        kept_text.keep(request, KEPT, entry, request.POST.get("text", ""))
        messages.error(request, _("Not changed: ") + str(error))
    else:
        messages.success(
            request, _("Changed. It is found by the new words at once.") if changed else _("Nothing changed.")
        )


def _supersede(request: HttpRequest, person: Person, entry: int) -> None:
    try:
        memories.supersede(person, request.user, entry, request.POST.get("text", ""))
    except EditRefused as error:
        kept_text.keep(request, KEPT, entry, request.POST.get("text", ""))
        messages.error(request, _("Not changed: ") + str(error))
    else:
        messages.success(request, _("The new memory holds from now on; the old one stays as history."))


def _pin(request: HttpRequest, person: Person, entry: int) -> None:
    pinned = request.POST.get("action") == "pin"
    if memories.pin([person.bot_id], _own(person, entry), request.user, pinned=pinned):
        messages.success(request, _("Pinned: retention does not delete it.") if pinned else _("No longer pinned."))


def _delete(request: HttpRequest, person: Person, entry: int) -> None:
    try:
        gone = memories.erase(person, request.user, _own(person, entry))
    except memories.NotProved as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("%(n)s deleted, with everything derived from it.") % {"n": gone.memories})


def _own(person: Person, entry: int) -> list[int]:
    """Returns the memory's id when it belongs to this person, else an empty list."""
    return list(MemoryEntry.objects.for_person(person.bot_id, person.pk).filter(pk=entry).values_list("pk", flat=True))


_ACTIONS: dict[str, Callable[[HttpRequest, Person, int], None]] = {
    "edit": _edit,
    "supersede": _supersede,
    "pin": _pin,
    "unpin": _pin,
    "delete": _delete,
}
