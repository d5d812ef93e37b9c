"""The page that links two people who are the same human, or separates them again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _

from bots.models import Person
from bots.operations import people
from bots.operations.errors import OperationError

if TYPE_CHECKING:
    from bots.admin.ui.base import BotScopedAdmin

    Base = BotScopedAdmin[Person]
else:
    Base = object


class LinkingMixin(Base):
    """Adds the link page to the admin of people. List it before the admin class."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.link_view)
        return [path("<int:pk>/link/", view, name="bots_person_link"), *super().get_urls()]

    def link_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Searches (GET `q`), asks for confirmation (GET `other`), links (POST `other`) or separates (POST `undo`)."""
        person = self._linkable(request, str(pk))
        if request.method == "POST":
            return self._change(request, person)
        words = request.GET.get("q", "").strip()[:100]
        extra = {
            "title": _("Merge with another person"),
            "person": person,
            "words": words,
            "linked": list(Person.objects.filter(linked_to=person).prefetch_related("identities__channel")),
            "other": self._linkable(request, request.GET["other"]) if request.GET.get("other") else None,
            "found": people.candidates(person, words) if "q" in request.GET else (),
        }
        return self.page(request, "admin/bots/person/link.html", extra)

    def _change(self, request: HttpRequest, person: Person) -> HttpResponse:
        try:
            if request.POST.get("undo"):
                moved = self._linkable(request, request.POST["undo"])
                people.unlink(moved, request.user)
                messages.success(request, _("%(person)s is separate again.") % {"person": moved})
            else:
                moved = self._linkable(request, request.POST.get("other", ""))
                person = people.link(person, moved, request.user)
                messages.success(request, _("Merged. It can be undone on this page."))
        except OperationError as error:
            messages.error(request, str(error))
        return HttpResponseRedirect(reverse("admin:bots_person_link", args=(person.pk,)))

    def _linkable(self, request: HttpRequest, pk: str) -> Person:
        """Returns a person whom the user may change.

        Raises:
            Http404: The user may not see this person, or there is none.
            PermissionDenied: The user may see this person but not change them.
        """
        person = self.get_object(request, pk) if pk.isdecimal() else None
        if person is None:
            raise Http404
        if not self.has_change_permission(request, person):
            raise PermissionDenied
        return person
