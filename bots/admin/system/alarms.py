"""The pages of alarms: what is wrong, what is watched, whom it is told."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from bots.admin.ui.access import MANAGER, access_of
from bots.admin.ui.audited import AuditedMixin
from bots.admin.ui.base import BaseAdmin, ReadOnlyMixin
from bots.admin.ui.filters import ChoicesDropdownFilter
from bots.admin.ui.fragments import ago
from bots.admin.ui.secret_field import SecretField, may_trust
from bots.admin.ui.unfold_parts import action, display
from bots.i18n.failure_texts import describe_column
from bots.models import Alarm, AlarmNotice, AlarmRule, AlarmTarget, Channel
from bots.models.sql import clock
from bots.monitoring import conditions
from bots.monitoring.alarms import acts, evaluation, texts
from bots.operations import address_rules
from bots.operations.errors import OperationError

_STATES = {"pending": "warning", "firing": "danger", "recovered": "success"}
_NOTICES = {"pending": "warning", "sending": "info", "sent": "success", "dead": "danger"}


def _text(code: str) -> str:
    known = conditions.known(code)
    return str(known.text) if known else code


def _shown(code: str, value: float) -> str:
    known = conditions.known(code)
    return texts.shown(value, known.unit if known else "")


@admin.register(Alarm)
class AlarmAdmin(ReadOnlyMixin, BaseAdmin[Alarm]):
    """What is wrong, and what was. An operator acknowledges and silences."""

    list_display = ("state_label", "condition", "subject", "measured", "limit", "begun", "told", "quiet")
    list_filter = (("state", ChoicesDropdownFilter),)
    readonly_fields = ("condition", "mend", "measured", "limit")
    fields = (
        "condition", "mend", "subject", "state", "severity", "measured", "limit", "since", "fired_at", "told_at",
        "reminded_at", "escalated_at", "recovered_at", "silenced_until", "acknowledged_at", "acknowledged_by",
    )  # fmt: skip
    ordering = ("state", "-id")  # what is wrong comes first
    actions = ("acknowledge", "silence_hour", "silence_day", "end_silence")

    def has_act_permission(self, request: HttpRequest) -> bool:
        """Returns whether the user may acknowledge and silence."""
        return request.user.has_perm("bots.change_alarm")

    @display(description=gettext_lazy("state"), label=_STATES)
    def state_label(self, row: Alarm) -> Any:
        return row.state, row.get_state_display()

    @admin.display(description=gettext_lazy("condition"))
    def condition(self, row: Alarm) -> str:
        return _text(row.code)

    @admin.display(description=gettext_lazy("what to do"))
    def mend(self, row: Alarm) -> str:
        known = conditions.known(row.code)
        return str(known.mend) if known else "–"

    @admin.display(description=gettext_lazy("value"))
    def measured(self, row: Alarm) -> str:
        return _shown(row.code, row.value)

    @admin.display(description=gettext_lazy("limit"))
    def limit(self, row: Alarm) -> str:
        return _shown(row.code, row.threshold)

    @admin.display(description=gettext_lazy("since"))
    def begun(self, row: Alarm) -> str:
        return ago(row.since)

    @admin.display(description=gettext_lazy("told"))
    def told(self, row: Alarm) -> str:
        return ago(row.told_at) if row.told_at else "–"

    @admin.display(description=gettext_lazy("acknowledged, silent"))
    def quiet(self, row: Alarm) -> str:
        if row.acknowledged_at:
            return _("acknowledged by %(name)s") % {"name": row.acknowledged_by}
        if row.is_silent(clock.now()) and row.silenced_until is not None:
            return _("silent for %(time)s") % {"time": texts.span(row.silenced_until - clock.now())}
        return "–"

    @admin.action(description=gettext_lazy("Acknowledge"), permissions=["act"])
    def acknowledge(self, request: HttpRequest, queryset: QuerySet[Alarm]) -> None:
        self._say(request, acts.acknowledge(_plain(queryset), request.user))

    @admin.action(description=gettext_lazy("Silence for an hour"), permissions=["act"])
    def silence_hour(self, request: HttpRequest, queryset: QuerySet[Alarm]) -> None:
        self._say(request, acts.silence(_plain(queryset), timedelta(hours=1), request.user))

    @admin.action(description=gettext_lazy("Silence for a day"), permissions=["act"])
    def silence_day(self, request: HttpRequest, queryset: QuerySet[Alarm]) -> None:
        self._say(request, acts.silence(_plain(queryset), timedelta(days=1), request.user))

    @admin.action(description=gettext_lazy("End the silence"), permissions=["act"])
    def end_silence(self, request: HttpRequest, queryset: QuerySet[Alarm]) -> None:
        self._say(request, acts.silence(_plain(queryset), None, request.user))

    def _say(self, request: HttpRequest, count: int) -> None:
        messages.success(request, ngettext("%(n)s alarm changed.", "%(n)s alarms changed.", count) % {"n": count})


def _plain(queryset: QuerySet[Alarm]) -> QuerySet[Alarm]:
    return Alarm.objects.filter(pk__in=list(queryset.values_list("pk", flat=True)))


@admin.register(AlarmRule)
class AlarmRuleAdmin(AuditedMixin, BaseAdmin[AlarmRule]):
    """What is watched, and its limits. The rows are those of the conditions."""

    list_display = ("condition", "enabled", "limit", "wait", "remind_minutes", "escalate_minutes")
    list_editable = ("enabled",)
    fields = ("condition", "mend", "enabled", "threshold", "for_seconds", "remind_minutes", "escalate_minutes")
    readonly_fields = ("condition", "mend")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[AlarmRule]:
        evaluation.rules()  # before beat has made them
        return super().get_queryset(request).filter(code__in=[one.code for one in conditions.CONDITIONS])

    @admin.display(description=gettext_lazy("condition"))
    def condition(self, row: AlarmRule) -> str:
        return _text(row.code)

    @admin.display(description=gettext_lazy("what to do"))
    def mend(self, row: AlarmRule) -> str:
        known = conditions.known(row.code)
        return str(known.mend) if known else "–"

    @admin.display(description=gettext_lazy("limit"))
    def limit(self, row: AlarmRule) -> str:
        known = conditions.known(row.code)
        if known is None or known.unit == conditions.STATE:
            return "–"
        sign = "<" if known.below else ">"
        return f"{sign} {texts.shown(evaluation.limit_of(known, row), known.unit)}"

    @admin.display(description=gettext_lazy("for"))
    def wait(self, row: AlarmRule) -> str:
        known = conditions.known(row.code)
        return texts.span(evaluation.wait_of(known, row)) if known else "–"


class AlarmTargetForm(forms.ModelForm[AlarmTarget]):
    """A target; the secret of its webhook is write-only."""

    actor: ClassVar[Any] = None
    _public_only: bool | None = None

    class Meta:
        model = AlarmTarget
        fields = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["secret"] = SecretField(
            label=gettext_lazy("secret"),
            is_set=bool(self.instance.secret_encrypted),
            help_text=gettext_lazy("Signs what is posted. Empty: it is not signed."),
        )

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        url = values.get("url")
        if url:
            keeps = bool(self.instance.secret_encrypted) and not values.get("secret")
            try:
                self._public_only = address_rules.check_endpoint(self.instance.url, url, self.actor, keeps_key=keeps)
            except OperationError as error:
                self.add_error("secret" if keeps else "url", str(error))
        return values

    def save(self, commit: bool = True) -> AlarmTarget:
        if self._public_only is not None:
            self.instance.public_only = self._public_only
        if self.cleaned_data.get("secret"):
            self.instance.secret = self.cleaned_data["secret"]
        return super().save(commit)


_FIELDS = (
    "name",
    "kind",
    "enabled",
    "escalation",
    "only_critical",
    "language",
    "addresses",
    "url",
    "channel",
    "chat_id",
)


@admin.register(AlarmTarget)
class AlarmTargetAdmin(AuditedMixin, BaseAdmin[AlarmTarget]):
    """Whom alarms are told, and how; a button sends a test."""

    form = AlarmTargetForm
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}
    list_display = ("name", "kind", "enabled", "escalation", "only_critical", "last_told", "trouble")
    list_select_related = ("channel",)
    actions = ("test_selected",)
    actions_submit_line = ("save_and_test",)
    readonly_fields = ("last_told", "trouble")
    conditional_fields = {
        "addresses": "kind == 'mail'",
        "url": "kind == 'webhook'",
        "secret": "kind == 'webhook'",
        "channel": "kind == 'chat'",
        "chat_id": "kind == 'chat'",
    }
    warn_unsaved_form = True

    def get_fieldsets(self, request: HttpRequest, obj: AlarmTarget | None = None) -> Any:
        secret = ("secret",) if self.has_change_permission(request, obj) else ()
        trust = ("public_only",) if may_trust(request, obj) else ()
        who = ("name", ("kind", "language"), ("enabled", "escalation", "only_critical"))
        parts: list[Any] = [(None, {"fields": (*who, "addresses", "url", *trust, *secret, "channel", "chat_id")})]
        if obj is not None:
            parts.append((gettext_lazy("State"), {"fields": (("last_told", "trouble"),)}))
        return parts

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        # The form adds `secret` itself; the model form factory would look for it in the model.
        kwargs["fields"] = (*_FIELDS, "public_only") if may_trust(request, obj) else _FIELDS
        form = super().get_form(request, obj, change=change, **kwargs)
        setattr(form, "actor", request.user)  # noqa: B010
        return form

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "channel":
            bots = access_of(request).bots(MANAGER)
            rows = Channel.objects.select_related("bot").exclude(name=Channel.SIMULATOR)
            kwargs["queryset"] = rows if bots is None else rows.filter(bot__in=bots)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    @admin.display(description=gettext_lazy("last told"))
    def last_told(self, row: AlarmTarget) -> str:
        return ago(row.last_ok_at)

    @admin.display(description=gettext_lazy("last error"))
    def trouble(self, row: AlarmTarget) -> str:
        return (describe_column(row, "last_error") if row.failing else "") or "–"

    @admin.action(description=gettext_lazy("Send a test"), permissions=["change"])
    def test_selected(self, request: HttpRequest, queryset: QuerySet[AlarmTarget]) -> None:
        for target in queryset:
            self._test(request, target)

    @action(description=gettext_lazy("Save and test"), icon="notifications_active", permissions=["change"])
    def save_and_test(self, request: HttpRequest, target: AlarmTarget) -> None:
        self._test(request, target)

    def _test(self, request: HttpRequest, target: AlarmTarget) -> None:
        notice = acts.test(target, request.user)
        name = {"name": target.name}
        if notice.state == AlarmNotice.State.SENT:
            messages.success(request, _("%(name)s was told.") % name)
        elif notice.error:
            messages.error(request, _("%(name)s was not told: ") % name + describe_column(notice, "error"))
        else:
            messages.warning(request, _("%(name)s is told after earlier notices that wait for it.") % name)


@admin.register(AlarmNotice)
class AlarmNoticeAdmin(ReadOnlyMixin, BaseAdmin[AlarmNotice]):
    """The notices of the last 30 days, and those on their way."""

    list_display = ("created_at", "target", "kind", "said", "state_label", "attempts", "trouble")
    list_filter = (("state", ChoicesDropdownFilter), ("kind", ChoicesDropdownFilter))
    list_select_related = ("target",)
    fields = ("created_at", "target", "kind", "said", "state", "attempts", "due_at", "sent_at", "trouble")

    @display(description=gettext_lazy("state"), label=_NOTICES)
    def state_label(self, row: AlarmNotice) -> Any:
        return row.state, row.get_state_display()

    @admin.display(description=gettext_lazy("alarms"))
    def said(self, row: AlarmNotice) -> str:
        return ", ".join(" ".join((_text(entry["code"]), entry["subject"])).strip() for entry in row.entries) or "–"

    @admin.display(description=gettext_lazy("error"))
    def trouble(self, row: AlarmNotice) -> str:
        return describe_column(row, "error") or "–"
