"""The page about money: what was used and what it cost, by day, bot, person, model, channel or purpose."""

from __future__ import annotations

import csv
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import islice
from typing import Any
from urllib.parse import urlencode

from asgiref.sync import sync_to_async
from django import forms
from django.conf import settings
from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import translation
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from bots.admin.ui.access import VIEWER, access_of
from bots.operations import prices, spending, usage_report
from bots.operations.usage_report import Report

HEIGHT, WIDTH = 96, 420
LABELS = 5
LINES_AT_ONCE = 500  # of a CSV file
_GROUPS = (
    ("day", gettext_lazy("day")),
    ("bot", gettext_lazy("bot")),
    ("person", gettext_lazy("person")),
    ("model", gettext_lazy("model")),
    ("channel", gettext_lazy("channel")),
    ("purpose", gettext_lazy("purpose")),
)


@dataclass(frozen=True, slots=True)
class Bar:
    """One day of the chart, in SVG units."""

    x: float
    y: float
    width: float
    height: float
    label: str
    title: str

    @property
    def middle(self) -> float:
        return round(self.x + self.width / 2, 1)


def _day_input() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class RangeForm(forms.Form):
    """The days of a report, both included, and what it is grouped by."""

    since = forms.DateField(
        label=gettext_lazy("from"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    until = forms.DateField(label=gettext_lazy("to"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    by = forms.ChoiceField(label=gettext_lazy("by"), choices=_GROUPS)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and not 0 <= (until - since).days < usage_report.LONGEST:
            raise forms.ValidationError(_("Choose a first day and a last one, at most a year apart."))
        return cleaned


def form_of(request: HttpRequest) -> RangeForm:
    today = usage_report.today()
    first = today - timedelta(days=usage_report.DAYS - 1)
    given = {name: request.GET.get(name) or value for name, value in _initial(first, today).items()}
    return RangeForm(given)


def context(request: HttpRequest) -> dict[str, Any]:
    """Returns what the page shows of the bots that the user may see."""
    bots = access_of(request).bots(VIEWER)
    form = form_of(request)
    common = {"title": _("Money"), "form": form, "zone": usage_report.zone()}
    if not form.is_valid():
        return common
    asked = form.cleaned_data
    report = usage_report.make(bots, asked["since"], asked["until"], asked["by"])
    by = str(dict(_GROUPS)[asked["by"]])
    return {
        **common,
        "by": by[:1].upper() + by[1:],
        "bars": _bars(report),
        "width": WIDTH,
        "rows": [_shown(row.name, row.amounts) for row in report.rows],
        "total": _shown(_("All"), report.total),
        "left_out": _left_out(report.left_out),
        "pending": report.pending,
        "prices": _prices() if request.user.has_perm("bots.view_modelprovider") else (),
        "price_currency": prices.CURRENCY,
        "may_set_prices": request.user.has_perm("bots.change_modelprovider"),
        "running_out": spending.running_out(bots),
        "csv": "?" + urlencode({**_initial(asked["since"], asked["until"]), "by": asked["by"], "format": "csv"}),
    }


class _Echo:
    """What `csv` writes to: it hands each line back."""

    def write(self, line: str) -> str:
        return line


def as_csv(request: HttpRequest) -> HttpResponseBase | None:
    """Returns the report as a CSV file, line by line; None when its days are wrong."""
    form = form_of(request)
    if not form.is_valid():
        return None
    asked = form.cleaned_data
    bots = access_of(request).bots(VIEWER)
    name = f"usage-by-{asked['by']}-{asked['since']}-{asked['until']}.csv"
    lines = usage_report.lines(bots, asked["since"], asked["until"], asked["by"])
    parts = _parts(lines, translation.get_language() or settings.LANGUAGE_CODE)
    return StreamingHttpResponse(
        _awaited(parts) if hasattr(request, "scope") else parts,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _parts(lines: Iterator[tuple[str, ...]], language: str) -> Iterator[str]:
    """Yields the text of a file in parts; it is read after the request has left its language."""
    yield "\ufeff"  # without it, spreadsheets read Chinese as Latin letters
    writer: Any = csv.writer(_Echo())
    while True:
        with translation.override(language):
            part = "".join(writer.writerow(line) for line in islice(lines, LINES_AT_ONCE))
        if not part:
            return
        yield part


async def _awaited(parts: Iterator[str]) -> AsyncIterator[str]:
    """Yields the parts under ASGI; Django would collect those of a plain iterator before it sends the first one."""
    while part := await sync_to_async(lambda: next(parts, ""))():
        yield part


def money(cost: Decimal) -> str:
    """Returns an amount with the label of the currency."""
    digits = Decimal("0.0001") if 0 < cost < 1 else Decimal("0.01")
    return f"{number_format(cost.quantize(digits), force_grouping=True)} {settings.CLAWDBOT.money.currency}".strip()


def _initial(first: date, last: date) -> dict[str, str]:
    return {"since": first.isoformat(), "until": last.isoformat(), "by": "day"}


def _shown(name: str, amounts: Any) -> dict[str, str]:
    counts = {key: number_format(value, force_grouping=True) for key, value in amounts._asdict().items()}
    return {**counts, "name": name, "cost": money(amounts.cost)}


def _prices() -> list[dict[str, Any]]:
    def shown(price: Decimal | None) -> str:
        return number_format(f"{price.normalize():f}") if price is not None else "–"

    return [
        {
            "row": one.provider,
            "input": shown(one.provider.input_price),
            "output": shown(one.provider.output_price),
            "known": f"{shown(one.known.input_price)} / {shown(one.known.output_price)}" if one.known else "–",
            "source": one.known.source if one.known else "",
            "differs": one.differs,
            "is_free": one.is_free,
        }
        for one in prices.suggestions()
    ]


def _bars(report: Report) -> Sequence[Bar]:
    """Returns the bars of the chart: of money, or of tokens where nothing costs anything."""
    values = [day.money if report.total.money else day.tokens for _day, day in report.days]
    most, step = max(values, default=0), WIDTH / max(len(values), 1)
    every = -(-len(values) // LABELS)
    bars = []
    for number, ((day, amounts), value) in enumerate(zip(report.days, values, strict=True)):
        # at least 2 units, so that a quiet day stays visible beside a busy one
        height = max(round(value / most * HEIGHT), 2) if value else 0
        title = _("%(day)s: %(cost)s, %(tokens)s tokens, %(calls)s answers") % {
            "day": date_format(day, "SHORT_DATE_FORMAT"),
            "cost": money(amounts.cost),
            "tokens": number_format(amounts.tokens, force_grouping=True),
            "calls": number_format(amounts.calls, force_grouping=True),
        }
        label = date_format(day, "MONTH_DAY_FORMAT") if number % every == every // 2 else ""
        bars.append(
            Bar(round(number * step + step * 0.1, 1), HEIGHT - height + 10, round(step * 0.8, 1), height, label, title)
        )
    return bars


def _left_out(count: int) -> str:
    if not count:
        return ""
    return ngettext("%(n)s more is in the CSV file.", "%(n)s more are in the CSV file.", count) % {"n": count}
