"""The pages of people and of their accounts on the platforms."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from bots.admin.people.linking import LinkingMixin
from bots.admin.people.memory import PersonMemoryMixin
from bots.admin.ui.base import BotScopedAdmin, ScopedInline
from bots.admin.ui.erasure import ErasingMixin
from bots.admin.ui.filters import ScopedFilter
from bots.admin.ui.fragments import admin_link, ago
from bots.admin.ui.unfold_parts import display
from bots.models import Conversation, Identity, Label, Person, Schedule
from bots.operations import pairing, people

if TYPE_CHECKING:
    SelectMultiple = forms.SelectMultiple
else:
    from unfold.widgets import UnfoldAdminSelectMultipleWidget as SelectMultiple


class IdentityInline(ScopedInline[Identity]):
    """The person's accounts."""

    model = Identity
    fk_name = "person"
    fields = ("channel", "external_id", "user_name", "alt_id", "created_at")
    readonly_fields = fields
    can_delete = False
    tab = True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Identity]:
        return super().get_queryset(request).prefetch_related("channel", "person")


class ConversationInline(ScopedInline[Conversation]):
    """The person's conversations, latest first, each linked to its transcript."""

    model = Conversation
    fields = ("transcript", "channel", "state", "last_message_at")
    readonly_fields = fields
    can_delete = False
    tab = True
    per_page = 20

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Conversation]:
        return super().get_queryset(request).prefetch_related("channel", "person")

    @admin.display(description=_("conversation"))
    def transcript(self, conversation: Conversation) -> str:
        return admin_link(conversation, f"#{conversation.pk}")


class PersonForm(forms.ModelForm[Person]):
    """A person with the labels that the team puts on them."""

    labels_chosen = forms.ModelMultipleChoiceField(
        label=_("labels"), queryset=Label.objects.none(), required=False, widget=SelectMultiple
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields.get("labels_chosen")
        if field is not None:
            field.queryset = Label.objects.filter(bot=self.instance.bot_id)
            field.initial = list(self.instance.labels.all()) if self.instance.pk else []

    def _save_m2m(self) -> None:
        super()._save_m2m()  # type: ignore[misc]  # of Django's own
        if "labels_chosen" in self.changed_data:
            self.instance.labels.set(self.cleaned_data["labels_chosen"])


@admin.register(Person)
class PersonAdmin(PersonMemoryMixin, LinkingMixin, ErasingMixin, BotScopedAdmin[Person]):
    """People as one bot knows them. Their first message creates them; deleting one erases everything about them."""

    list_display = ("display_name_or_key", "kind", "bot", "accounts", "state", "language", "last_seen")
    form = PersonForm
    list_filter = (("bot", ScopedFilter), ("labels", ScopedFilter), "kind", "blocked")
    list_select_related = ("bot", "linked_to")
    search_fields = ("display_name", "key", "identities__external_id", "identities__user_name")
    fields = (
        "bot",
        "display_name",
        ("key", "kind"),
        ("language", "time_zone"),
        ("quiet_hours", "labels_chosen"),
        ("blocked", "group_policy"),
        "unsubscribed_at",
        ("created_at", "last_seen_at"),
        "more",
    )
    readonly_fields = ("bot", "key", "kind", "created_at", "last_seen_at", "unsubscribed_at", "more")
    inlines = (IdentityInline, ConversationInline)
    actions = ("block_selected", "unblock_selected")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Person]:
        return super().get_queryset(request).prefetch_related("identities__channel")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if self.has_change_permission(request, obj):
            return self.fields
        return [("quiet_hours", "labels_shown") if "labels_chosen" in one else one for one in self.fields]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return (*super().get_readonly_fields(request, obj), "labels_shown")

    @admin.display(description=_("labels"))
    def labels_shown(self, person: Person) -> str:
        return ", ".join(map(str, person.labels.all())) or "–"

    @admin.display(description=_("name"), ordering="display_name")
    def display_name_or_key(self, person: Person) -> str:
        return str(person)

    @admin.display(description=_("accounts"))
    def accounts(self, person: Person) -> str:
        rows = person.identities.all()
        if not rows:
            return "–"
        return format_html_join(", ", "{}", ((row.channel.platform,) for row in rows))

    @display(
        description=_("state"), label={"blocked": "danger", "open": "success", "linked": "info"}, ordering="blocked"
    )
    def state(self, person: Person) -> Any:
        if person.linked_to_id is not None:
            return "linked", _("linked to %(person)s") % {"person": person.linked_to}
        return ("blocked", _("blocked")) if person.blocked else ("open", _("answered"))

    @admin.display(description=_("last seen"), ordering="last_seen_at")
    def last_seen(self, person: Person) -> str:
        return ago(person.last_seen_at)

    def get_urls(self) -> list[URLPattern]:
        export = self.admin_site.admin_view(self.export_view)
        return [path("<int:pk>/export/", export, name="bots_person_export"), *super().get_urls()]

    def export_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Returns everything that is stored about the person, as a download."""
        person = self.get_object(request, str(pk))
        if person is None:
            raise Http404
        if not self.has_operate_permission(request, person):
            raise PermissionDenied
        name, document = people.export(person, request.user)
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return HttpResponse(document, content_type="application/json", headers=headers)

    def erase_rows(self, request: HttpRequest, rows: Iterable[Person]) -> None:
        for person in rows:
            people.erase(person, request.user)

    @admin.display(description=_("more"))
    def more(self, person: Person) -> str:
        links = (
            (reverse("admin:bots_person_memory", args=(person.pk,)), _("Memory explorer")),
            (reverse("admin:bots_person_timeline", args=(person.pk,)), _("Timeline")),
            (reverse("admin:memory_memoryentry_changelist") + f"?person__id__exact={person.pk}", _("Memories")),
            (reverse("admin:bots_conversation_changelist") + f"?person__id__exact={person.pk}", _("Conversations")),
            (
                reverse("admin:bots_schedule_changelist") + f"?person__id__exact={person.pk}",
                _("Reminders (%(count)s)") % {"count": Schedule.objects.open().for_person(person).count()},
            ),
            (reverse("admin:bots_turnusage_changelist") + f"?person__id__exact={person.pk}", _("Usage")),
            (reverse("admin:bots_auditentry_changelist") + f"?q={people.pseudonym(person)}", _("Audit log")),
            (reverse("admin:bots_person_export", args=(person.pk,)), _("Export everything (JSON)")),
            (reverse("admin:bots_person_link", args=(person.pk,)), _("Merge with another person…")),
        )
        return format_html_join(" · ", '<a class="claw-link" href="{}">{}</a>', links)

    @admin.action(description=_("Block the selected people"), permissions=["change"])
    def block_selected(self, request: HttpRequest, queryset: QuerySet[Person]) -> None:
        self._block(request, queryset, True)

    @admin.action(description=_("Unblock the selected people"), permissions=["change"])
    def unblock_selected(self, request: HttpRequest, queryset: QuerySet[Person]) -> None:
        self._block(request, queryset, False)

    def _block(self, request: HttpRequest, queryset: QuerySet[Person], blocked: bool) -> None:
        ids = list(self.manageable(request, queryset).values_list("pk", flat=True))
        changed = Person.objects.filter(pk__in=ids).exclude(blocked=blocked).update(blocked=blocked)
        text = (
            ngettext("%(n)s person blocked.", "%(n)s people blocked.", changed)
            if blocked
            else ngettext("%(n)s person unblocked.", "%(n)s people unblocked.", changed)
        )
        messages.success(request, text % {"n": changed})


@admin.register(Identity)
class IdentityAdmin(BotScopedAdmin[Identity]):
    """Accounts of people on the platforms; the inbox creates them."""

    bot_path = "person__bot"
    list_display = ("external_id", "user_name", "channel", "person_link", "access_label", "code", "created_at")
    list_filter = (("channel", ScopedFilter), "access")
    list_select_related = ("channel", "person__bot")
    search_fields = ("external_id", "user_name", "alt_id", "person__display_name", "person__key")
    readonly_fields = ("person", "channel", "external_id", "alt_id", "access", "code", "created_at")
    actions = ("approve_selected", "deny_selected")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @display(
        description=_("access"),
        label={"waiting": "warning", "approved": "success", "denied": "danger"},
        ordering="access",
    )
    def access_label(self, identity: Identity) -> Any:
        return (identity.access, identity.get_access_display()) if identity.access else None

    @admin.display(description=_("pairing code"))
    def code(self, identity: Identity) -> str:
        valid = identity.pairing_expires_at is not None and identity.pairing_expires_at > timezone.now()
        return identity.pairing_code if valid else "–"

    @admin.action(description=_("Let the selected people in"), permissions=["operate"])
    def approve_selected(self, request: HttpRequest, queryset: QuerySet[Identity]) -> None:
        rows = list(self.operable(request, queryset))
        for identity in rows:
            pairing.approve(identity)
        text = ngettext("%(n)s person let in.", "%(n)s people let in.", len(rows))
        messages.success(request, text % {"n": len(rows)})

    @admin.action(description=_("Keep the selected people out"), permissions=["operate"])
    def deny_selected(self, request: HttpRequest, queryset: QuerySet[Identity]) -> None:
        rows = list(self.operable(request, queryset))
        for identity in rows:
            pairing.deny(identity)
        text = ngettext("%(n)s person kept out.", "%(n)s people kept out.", len(rows))
        messages.success(request, text % {"n": len(rows)})

    @admin.display(description=_("person"))
    def person_link(self, identity: Identity) -> str:
        return admin_link(identity.person)
