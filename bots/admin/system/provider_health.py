"""The health of model providers: a column in their list, and a page with charts for each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bots.admin.ui.fragments import ago, provider_state, provider_state_text
from bots.i18n.failure_texts import describe_code, describe_column
from bots.models import ModelProvider
from bots.monitoring import provider_health
from bots.monitoring.provider_health import Health

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

    Base = ModelAdmin[ModelProvider]
else:
    Base = object

DAY = timedelta(hours=24)
# Of `?days=`: steps and hours of a step.
RANGES = {"1": (24, 1), "7": (28, 6), "30": (30, 24)}
_HEALTH = "_clawdbot_health"
WIDTH, HEIGHT, LEFT = 420, 96, 34


@dataclass(frozen=True, slots=True)
class Bar:
    """The calls of one step in the chart; heights and places in units of the drawing."""

    x: float
    width: float
    y: float
    height: float
    errors_y: float
    errors_height: float
    label: str
    middle: float
    title: str


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    when: str
    calls: int
    errors: str
    p50: str
    p99: str
    first: str
    speed: str


class ProviderHealthMixin(Base):
    """Adds the column and the page to the admin of providers. List it before the admin class."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.health_view)
        return [path("<int:pk>/health/", view, name="bots_modelprovider_health"), *super().get_urls()]

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Reads the column of the whole list with one query."""
        shown = super().get_changelist_instance(request)
        found = _of_day([row.pk for row in shown.result_list])
        for row in shown.result_list:
            setattr(row, _HEALTH, found.get(row.pk, Health()))
        return shown

    @admin.display(description=gettext_lazy("last 24 hours"))
    def health(self, provider: ModelProvider) -> str:
        """Returns percentiles and failures as a link to the page."""
        if provider._state.adding:
            return "–"
        found = getattr(provider, _HEALTH, None) or _of_day([provider.pk]).get(provider.pk, Health())
        text = _("%(p50)s / %(p99)s, %(errors)s failed") % {
            "p50": _seconds(found.p50),
            "p99": _seconds(found.p99),
            "errors": _percent(found),
        }
        address = reverse("admin:bots_modelprovider_health", args=(provider.pk,))
        shown = text if found.calls else _("no calls")
        return format_html('<a class="claw-link claw-nowrap" href="{}">{}</a>', address, shown)

    def health_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Shows the figures of the last `?days=`: 1, 7 or 30."""
        provider = ModelProvider.objects.filter(pk=pk).first()
        if provider is None:
            raise Http404
        if not self.has_view_permission(request, provider):
            raise PermissionDenied
        days = request.GET.get("days", "1")
        days = days if days in RANGES else "1"
        steps, hours = RANGES[days]
        found = provider_health.by_time(pk, timezone.now(), steps=steps, hours=hours)
        whole = provider_health.whole(pk, timezone.now(), steps=steps, hours=hours)
        longest = max((health.p99 or 0 for _when, health in found), default=0)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Health: %(provider)s") % {"provider": provider},
            "provider": provider,
            "state": provider_state(provider),
            "state_text": provider_state_text(provider_state(provider)),
            "ranges": [(key, key == days) for key in RANGES],
            "facts": _facts(provider, whole),
            "kinds": [(describe_code(code), count) for code, count in whole.kinds],
            "bars": _bars(found, hours),
            "most": max((health.calls for _when, health in found), default=0),
            "p50": _line([health.p50 for _when, health in found], longest),
            "p99": _line([health.p99 for _when, health in found], longest),
            "longest": _seconds(longest or None),
            "rows": [_row(when, health, hours) for when, health in reversed(found) if health.calls],
        }
        return TemplateResponse(request, "admin/bots/modelprovider/health.html", context)


def _of_day(ids: list[int]) -> dict[int, Health]:
    return provider_health.of_all(ids, timezone.now() - DAY)


def _facts(provider: ModelProvider, whole: Health) -> list[tuple[str, str]]:
    now = timezone.now()
    paused = provider.open_until is not None and provider.open_until > now
    circuit = _("paused for %(seconds)s s") % {"seconds": _left(provider, now)} if paused else _("in use")
    speed = _("%(n)s tokens a second") % {"n": _speed(whole)} if whole.tokens_per_s else "–"
    cached = f"{100 * whole.cached_tokens / whole.prompt_tokens:.0f} %" if whole.prompt_tokens else "–"
    return [
        (_("calls"), number_format(whole.calls, force_grouping=True)),
        (_("failed"), _percent(whole)),
        (_("refused for their content"), str(whole.refused)),
        (_("whole answer, half / 99 of 100"), f"{_seconds(whole.p50)} / {_seconds(whole.p99)}"),
        (_("first token, half / 99 of 100"), f"{_seconds(whole.first_p50)} / {_seconds(whole.first_p99)}"),
        (_("speed"), speed),
        (_("tokens of prompts"), number_format(whole.prompt_tokens, force_grouping=True)),
        (_("of these cached"), cached),
        (_("tokens of answers"), number_format(whole.completion_tokens, force_grouping=True)),
        (_("circuit"), circuit),
        (_("circuit opened"), str(whole.opened)),
        (_("last success"), ago(provider.last_ok_at)),
        (_("last error"), _last_error(provider)),
    ]


def _left(provider: ModelProvider, now: datetime) -> int:
    return round((provider.open_until - now).total_seconds()) if provider.open_until is not None else 0


def _last_error(provider: ModelProvider) -> str:
    if provider.last_error_at is None:
        return "–"
    return format_html("{} · {}", describe_column(provider, "last_error"), ago(provider.last_error_at))


def _bars(found: list[tuple[datetime, Health]], hours: int) -> list[Bar]:
    most = max((health.calls for _when, health in found), default=0) or 1
    step = (WIDTH - LEFT) / len(found)
    bars = []
    for number, (when, health) in enumerate(found):
        height, errors = (HEIGHT * count / most for count in (health.calls, health.errors))
        x, every = LEFT + number * step, max(len(found) // 6, 1)
        title = f"{_when(when, hours)}: {health.calls} · {_percent(health)}"
        label = _axis(when, hours) if number % every == 0 else ""
        top = 10 + HEIGHT
        bars.append(
            Bar(x, step - 2, top - height, height, top - errors, errors, label, x + step / 2, title),
        )
    return bars


def _line(values: list[int | None], longest: int) -> str:
    """Returns the points of a line through the values; steps without a call have none."""
    step = (WIDTH - LEFT) / len(values)
    return " ".join(
        f"{LEFT + (number + 0.5) * step:.1f},{10 + HEIGHT * (1 - value / (longest or 1)):.1f}"
        for number, value in enumerate(values)
        if value is not None
    )


def _row(when: datetime, health: Health, hours: int) -> Row:
    errors = f"{health.errors} ({_percent(health)})" if health.errors else "–"
    first = f"{_seconds(health.first_p50)} / {_seconds(health.first_p99)}"
    speed = _speed(health) if health.tokens_per_s else "–"
    return Row(_when(when, hours), health.calls, errors, _seconds(health.p50), _seconds(health.p99), first, speed)


def _when(when: datetime, hours: int) -> str:
    return date_format(timezone.localtime(when), "DATE_FORMAT" if hours >= 24 else "SHORT_DATETIME_FORMAT")


def _axis(when: datetime, hours: int) -> str:
    return date_format(timezone.localtime(when), "H:i" if hours == 1 else "j.n.")


def _seconds(ms: int | None) -> str:
    if ms is None:
        return "–"
    return f"{ms} ms" if ms < 1000 else f"{number_format(ms / 1000, 1)} s"


def _percent(health: Health) -> str:
    return f"{number_format(100 * health.error_rate, 1)} %"


def _speed(health: Health) -> str:
    return number_format(health.tokens_per_s or 0.0, 1)
