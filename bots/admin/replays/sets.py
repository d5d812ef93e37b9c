"""The pages of sets of saved questions: edit, run, import, export, and add a past turn."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html_join
from django.utils.text import slugify
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from bots.admin.ui.access import MANAGER, access_of
from bots.admin.ui.audited import AuditedMixin
from bots.admin.ui.base import BotScopedAdmin, ScopedInline
from bots.admin.ui.filters import ScopedFilter
from bots.models import EvaluationCase, EvaluationSet, Message
from bots.operations import evaluations, replays
from bots.operations.errors import OperationError

_TYPES = {"yaml": "application/yaml", "jsonl": "application/jsonl"}


class ExpectationsField(forms.CharField):
    """Expectations, one a line: `contains: 42`."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("widget", forms.Textarea(attrs={"rows": 4, "cols": 40, "spellcheck": "false"}))
        super().__init__(**{"required": False, "strip": False, **options})

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, list):
            return value
        return "\n".join(f"{one['kind']}: {one['value']}" for one in value)

    def to_python(self, value: Any) -> Any:
        if isinstance(value, list):
            return value
        given = []
        for line in str(value or "").splitlines():
            kind, colon, text = line.partition(":")
            if not line.strip():
                continue
            if not colon:
                raise forms.ValidationError(gettext("Write an expectation as “contains: 42”."))
            given.append({"kind": kind.strip(), "value": text.removeprefix(" ")})
        try:
            return evaluations.checked(given)
        except OperationError as error:
            raise forms.ValidationError(str(error)) from None

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(self.prepare_value(initial or []) != (data or ""))


class EarlierField(forms.CharField):
    """What was said before, one message a line: `user: …` or `bot: …`; JSON where a message has several lines."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("widget", forms.Textarea(attrs={"rows": 4, "cols": 40}))
        super().__init__(**{"required": False, **options})

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, list):
            return value
        if any("\n" in one["text"] for one in value):
            return json.dumps(value, ensure_ascii=False, indent=1)
        names = {"user": "user", "assistant": "bot"}
        return "\n".join(f"{names.get(one['role'], one['role'])}: {one['text']}" for one in value)

    def to_python(self, value: Any) -> Any:
        text = str(value or "").strip() if not isinstance(value, list) else value
        try:
            if isinstance(text, list) or text.startswith("["):
                return evaluations.earlier_of(json.loads(text) if isinstance(text, str) else text)
            lines = [line.partition(":") for line in text.splitlines() if line.strip()]
            said = [{"role": role.strip(), "text": words.strip()} for role, _colon, words in lines]
            return evaluations.earlier_of(said)
        except (OperationError, ValueError, RecursionError) as error:
            raise forms.ValidationError(str(error)) from None

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(self.prepare_value(initial or []) != (data or ""))


class CaseForm(forms.ModelForm[EvaluationCase]):
    """One saved question."""

    expectations = ExpectationsField(
        label=_("expectations"),
        help_text=_(
            "One a line, e.g. “contains: 42”. There are contains, not_contains, matches, calls, not_calls, cites, "
            "language and longest."
        ),
    )
    earlier = EarlierField(label=_("said before"), help_text=_("One message a line: “user: …” or “bot: …”."))

    class Meta:
        model = EvaluationCase
        fields = ("name", "question", "earlier", "expectations", "enabled")
        widgets = {"question": forms.Textarea(attrs={"rows": 4, "cols": 40})}


class CaseInline(ScopedInline[EvaluationCase]):
    """The questions of a set."""

    model = EvaluationCase
    form = CaseForm
    extra = 0
    per_page = 30


class LoadForm(forms.Form):
    """A file of questions."""

    file = forms.FileField(label=_("file (YAML or JSONL)"))


@admin.register(EvaluationSet)
class EvaluationSetAdmin(AuditedMixin, BotScopedAdmin[EvaluationSet]):
    """Sets of saved questions."""

    list_display = ("name", "bot", "questions", "description")
    list_filter = (("bot", ScopedFilter),)
    list_select_related = ("bot",)
    search_fields = ("name",)
    fields = ("exported", "bot", "name", "description")
    readonly_fields = ("exported",)
    inlines = (CaseInline,)
    change_form_template = "admin/bots/evaluationset/change_form.html"

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).annotate(case_count=Count("cases"))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("exported", "bot") if obj is not None else ("exported",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and request.user.has_perm("bots.add_evaluationset")

    def has_change_permission(self, request: HttpRequest, obj: EvaluationSet | None = None) -> bool:
        return super().has_change_permission(request, obj) and request.user.has_perm("bots.change_evaluationset")

    def has_delete_permission(self, request: HttpRequest, obj: EvaluationSet | None = None) -> bool:
        return super().has_delete_permission(request, obj) and request.user.has_perm("bots.delete_evaluationset")

    def get_urls(self) -> list[URLPattern]:
        def at(route: str, view: Any, name: str) -> URLPattern:
            found: URLPattern = path(route, self.admin_site.admin_view(view), name=f"bots_evaluationset_{name}")
            return found

        return [
            at("<int:pk>/run/", self.run_view, "run"),
            at("<int:pk>/export/<str:kind>/", self.export_view, "export"),
            at("<int:pk>/import/", self.import_view, "import"),
            at("add-turn/<int:message>/", self.add_turn_view, "add_turn"),
            *super().get_urls(),
        ]

    def run_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Asks the questions of the set as a background task (POST)."""
        row = self._row(request, pk)
        if request.method != "POST":
            return _to_set(pk)
        if not self.has_operate_permission(request, row) or not request.user.has_perm("bots.add_replayrun"):
            raise PermissionDenied
        try:
            run = replays.begin_set(row, row.bot, request.user, replays.Options(), background=True)
        except OperationError as error:
            messages.error(request, str(error))
            return _to_set(pk)
        return HttpResponseRedirect(reverse("admin:bots_replayrun_compare", args=(run.pk,)))

    def export_view(self, request: HttpRequest, pk: int, kind: str) -> HttpResponse:
        """Returns the set as a file."""
        row = self._row(request, pk)
        if kind not in evaluations.FORMATS:
            raise Http404
        name = slugify(row.name) or f"questions-{row.pk}"
        response = HttpResponse(evaluations.export(row, kind), content_type=f"{_TYPES[kind]}; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="{name}.{kind}"'
        return response

    def import_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Replaces the questions of the set by those of a file (POST)."""
        row = self._row(request, pk)
        if not self.has_change_permission(request, row):
            raise PermissionDenied
        form = LoadForm(request.POST, request.FILES)
        if request.method == "POST" and form.is_valid():
            try:
                text = form.cleaned_data["file"].read().decode("utf-8-sig")
                evaluations.load(text, row.name, row.bot, request.user, replace=True)
                messages.success(request, gettext("The questions of the file are in the set."))
            except UnicodeDecodeError:
                messages.error(request, gettext("The file is no text in UTF-8."))
            except OperationError as error:
                messages.error(request, str(error))
        return _to_set(pk)

    def add_turn_view(self, request: HttpRequest, message: int) -> HttpResponse:
        """Adds a past turn to the set that is named (POST `set`); without one, to a set of the bot's name."""
        said = Message.objects.select_related("conversation__bot").filter(pk=message).first()
        if said is None or request.method != "POST":
            raise Http404
        bot = said.conversation.bot
        if not access_of(request).allows(bot.pk, MANAGER) or not request.user.has_perm("bots.add_evaluationcase"):
            raise PermissionDenied
        rows = EvaluationSet.objects.filter(bot=bot)
        wanted = request.POST.get("set", "")
        row = rows.filter(pk=int(wanted)).first() if wanted.isdecimal() else rows.first()
        if row is None:
            row = EvaluationSet.objects.create(bot=bot, name=gettext("Questions of %(bot)s") % {"bot": bot.slug})
        try:
            case = evaluations.add_turn(row, said, request.user)
            messages.success(request, gettext("“%(name)s” is in the set.") % {"name": case.name})
        except OperationError as error:
            messages.error(request, str(error))
        return _to_set(row.pk)

    def _row(self, request: HttpRequest, pk: int) -> EvaluationSet:
        row: EvaluationSet | None = self.get_object(request, str(pk))
        if row is None:
            raise Http404
        return row

    @admin.display(description=_("questions"), ordering="case_count")
    def questions(self, row: Any) -> int:
        return int(row.case_count)

    @admin.display(description=_("export"))
    def exported(self, row: EvaluationSet) -> str:
        if not row.pk:
            return str(_("Save it with its questions; then you can run it."))
        ways = [(reverse("admin:bots_evaluationset_export", args=(row.pk, kind)), kind) for kind in evaluations.FORMATS]
        return format_html_join(" · ", '<a class="claw-link" href="{}">{}</a>', ways)


def _to_set(pk: int) -> HttpResponse:
    return HttpResponseRedirect(reverse("admin:bots_evaluationset_change", args=(pk,)))
