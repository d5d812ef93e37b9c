"""The pages of replays: begin one, watch it, compare its answers, mark them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from bots.admin.replays import compare
from bots.admin.ui.audited import AuditedMixin
from bots.admin.ui.base import BotScopedAdmin
from bots.admin.ui.filters import ChoicesDropdownFilter, ScopedFilter
from bots.admin.ui.fragments import ago, chip
from bots.admin.ui.unfold_parts import display
from bots.models import Bot, ModelProvider, ReplayRun, ReplayTurn
from bots.operations import replays
from bots.operations.errors import OperationError

TONES = {"waiting": "info", "running": "primary", "done": "success", "stopped": "warning", "interrupted": "warning"}
PAGE = 25
FILTERS = {
    "": _("all"),
    "changed": _("changed only"),
    "unmarked": _("not marked"),
    "failed": _("failed"),
    "left": _("skipped"),
}


class ReplayForm(forms.Form):
    """What a replay from the admin takes. Empty fields leave the bot as it is."""

    bot = forms.ModelChoiceField(Bot.objects.none(), label=_("bot"))
    provider = forms.ModelChoiceField(
        ModelProvider.objects.order_by("priority", "id"),
        label=_("provider"),
        required=False,
        to_field_name="name",
        help_text=_("The only one that is asked; it may be switched off. Empty: in the usual order."),
    )
    instructions = forms.CharField(
        label=_("other instructions"), required=False, max_length=50_000, widget=forms.Textarea(attrs={"rows": 6})
    )
    skills = forms.CharField(
        label=_("only these skills"),
        required=False,
        max_length=2000,
        help_text=_("Names with commas, “none” for no skill. Empty: those of the bot."),
    )
    since = forms.DateField(label=_("since"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    conversation = forms.IntegerField(label=_("conversation"), required=False, min_value=1)
    limit = forms.IntegerField(
        label=_("latest turns"), initial=replays.DEFAULT_LIMIT, min_value=1, max_value=replays.MOST
    )
    parallel = forms.IntegerField(label=_("answers at a time"), initial=1, min_value=1, max_value=replays.PARALLEL[1])
    deadline_s = forms.FloatField(label=_("seconds for one answer"), initial=120.0, min_value=1, max_value=3600)
    live_readers = forms.BooleanField(
        label=_("call tools that only read"),
        required=False,
        help_text=_("Where that turn has no result of the same call. Other tools are never called."),
    )

    def options(self) -> replays.Options:
        """Returns the options of a valid form."""
        given = self.cleaned_data
        return replays.Options(
            provider=given["provider"].name if given["provider"] else "",
            instructions=given["instructions"].strip() or None,
            skills=replays.skills_of(given["skills"]),
            live_readers=given["live_readers"],
            deadline_s=given["deadline_s"],
            parallel=given["parallel"],
        )


@admin.register(ReplayRun)
class ReplayRunAdmin(AuditedMixin, BotScopedAdmin[ReplayRun]):
    """Replays of past turns, and runs of sets of questions."""

    list_display = ("name", "bot", "state_label", "change_told", "started_by", "created")
    list_filter = (("bot", ScopedFilter), ("state", ChoicesDropdownFilter))
    list_select_related = ("bot", "evaluation_set")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.has_operate_permission(request) and request.user.has_perm("bots.add_replayrun")

    def has_change_permission(self, request: HttpRequest, obj: ReplayRun | None = None) -> bool:
        """Nothing of a run is edited; its page leads to the comparison."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: ReplayRun | None = None) -> bool:
        return super().has_delete_permission(request, obj) and request.user.has_perm("bots.delete_replayrun")

    def may_act(self, request: HttpRequest, run: ReplayRun) -> bool:
        """Tells whether the user may stop the run, go on with it and mark its answers."""
        return self.has_operate_permission(request, run) and request.user.has_perm("bots.change_replayrun")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.compare_view)
        return [path("<int:pk>/compare/", view, name="bots_replayrun_compare"), *super().get_urls()]

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.get_object(request, object_id) is None:
            return super().change_view(request, object_id, *args, **kwargs)
        return self.compare_view(request, int(object_id))

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Asks for the change and begins the replay as a background task."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        initial = {"bot": request.GET.get("bot", ""), "conversation": request.GET.get("conversation", "")}
        form = ReplayForm(request.POST or None, initial=initial)
        own = self.admin_site._registry[Bot]
        form.fields["bot"].queryset = own.operable(request, own.get_queryset(request))  # type: ignore[attr-defined]
        if request.method == "POST" and form.is_valid():
            try:
                return _to(self._begin(request, form).pk)
            except OperationError as error:
                form.add_error(None, str(error))
        context = {"title": gettext("Replay past turns"), "form": form}
        return self.page(request, "admin/bots/replayrun/begin.html", context)

    def _begin(self, request: HttpRequest, form: ReplayForm) -> ReplayRun:
        given = form.cleaned_data
        since = given["since"]
        run = replays.begin(
            given["bot"],
            request.user,
            form.options(),
            since=datetime.combine(since, datetime.min.time()).astimezone() if since else None,
            conversation=given["conversation"],
            limit=given["limit"],
            background=True,
        )
        messages.success(request, gettext("The replay has begun."))
        return run

    def compare_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Shows questions with both answers (GET); stops, goes on or marks (POST)."""
        run = self.get_object(request, str(pk))
        if run is None:
            raise Http404
        if request.method == "POST":
            if not self.may_act(request, run):
                raise PermissionDenied
            return self._act(request, run)
        show = request.GET.get("show", "")
        show = show if show in FILTERS else ""
        rows = _shown(run, show)
        page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
        under_way = run.state in ReplayRun.OPEN
        context = {
            "title": str(run),
            "run": run,
            "state": chip("running" if under_way else run.state, run.get_state_display()),
            "sums": replays.sums(run),
            "change": _change(run),
            "filters": [(key, label, key == show) for key, label in FILTERS.items()],
            "show": show,
            "page": page,
            "turns": compare.compared(list(page.object_list)),
            "marks": [("better", "b", _("better")), ("worse", "w", _("worse")), ("same", "s", _("same"))],
            "may_act": self.may_act(request, run),
            "under_way": under_way,
        }
        return self.page(request, "admin/bots/replayrun/compare.html", context)

    def _act(self, request: HttpRequest, run: ReplayRun) -> HttpResponse:
        try:
            if "mark" in request.POST:
                return self._mark(request, run)
            if "stop" in request.POST:
                replays.stop(run, request.user)
                messages.success(request, gettext("It stops after the answers that are being made."))
            elif "go_on" in request.POST:
                replays.go_on(run, request.user, background=True)
        except OperationError as error:
            messages.error(request, str(error))
        return _to(run.pk)

    def _mark(self, request: HttpRequest, run: ReplayRun) -> HttpResponse:
        number, _colon, value = request.POST["mark"].partition(":")
        row = run.turns.filter(pk=int(number) if number.isdecimal() else 0).first()
        if row is None:
            raise Http404
        replays.mark(row, value, request.user)
        if request.headers.get("X-Requested-With") == "fetch":
            return JsonResponse({"marks": replays.sums(run).marks})
        back = f"{reverse('admin:bots_replayrun_compare', args=(run.pk,))}?{request.GET.urlencode()}"
        return HttpResponseRedirect(f"{back}#turn-{row.pk}")

    @admin.display(description=_("replay"), ordering="id")
    def name(self, run: ReplayRun) -> str:
        address = reverse("admin:bots_replayrun_compare", args=(run.pk,))
        return format_html('<a class="claw-link" href="{}">{}</a>', address, run)

    @display(description=_("state"), label=TONES, ordering="state")
    def state_label(self, run: ReplayRun) -> Any:
        return run.state, run.get_state_display()

    @admin.display(description=_("change"))
    def change_told(self, run: ReplayRun) -> str:
        return " · ".join(f"{label}: {value}" for label, value in _change(run)) or "–"

    @admin.display(description=_("created"), ordering="id")
    def created(self, run: ReplayRun) -> str:
        return ago(run.created_at)


def _to(pk: int) -> HttpResponse:
    return HttpResponseRedirect(reverse("admin:bots_replayrun_compare", args=(pk,)))


def _change(run: ReplayRun) -> list[tuple[str, str]]:
    """Returns what the run changes against the bot as it is."""
    options = run.options
    found = [(gettext("provider"), str(options.get("provider") or ""))]
    if options.get("instructions") is not None:
        found.append((gettext("instructions"), str(options["instructions"])[:80]))
    if options.get("skills") is not None:
        found.append((gettext("skills"), ", ".join(options["skills"]) or gettext("none")))
    return [(label, value) for label, value in found if value]


def _shown(run: ReplayRun, show: str) -> QuerySet[ReplayTurn] | list[ReplayTurn]:
    state = ReplayTurn.State
    rows = run.turns.select_related("message", "case")
    if show == "unmarked":
        return rows.filter(state=state.DONE, mark="")
    if show == "failed":
        return rows.filter(state=state.FAILED) | rows.filter(held=False)
    if show == "left":
        return rows.filter(state=state.SKIPPED)
    if show == "changed":
        done = list(rows.filter(state=state.DONE))
        answers = replays.answers_of(done)
        return [row for row in done if replays.is_changed(row, answers)]
    return rows
