"""What the page that compares answers shows: question, then, now, and the difference in words."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from bots.models import ReplayTurn
from bots.operations import evaluations, replays

# A word, one Chinese character, white space, or one sign.
_TOKEN = re.compile(r"[^\W\u3400-\u9fff\uf900-\ufaff]+|\s+|.", re.DOTALL)
MOST_TOKENS = 1500  # of both texts; a comparison of more takes seconds, so the texts stand unmarked


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure then and now; `change` has a sign, and is "" without a difference."""

    label: str
    then: str
    now: str
    change: str


@dataclass(frozen=True, slots=True)
class Compared:
    """One turn of the page."""

    row: ReplayTurn
    question: str
    then: str | SafeString
    now: str | SafeString
    changed: bool
    figures: tuple[Figure, ...]
    tools_then: str
    tools_now: str
    limits: Sequence[str]
    error: str
    findings: tuple[tuple[str, str, str, bool | None], ...]


def compared(rows: Sequence[ReplayTurn]) -> list[Compared]:
    """Returns what the page shows of these turns. One query for the former answers."""
    answers = replays.answers_of(list(rows))
    return [_compared(row, replays.former_answer(row, answers), replays.is_changed(row, answers)) for row in rows]


def _compared(row: ReplayTurn, former: str, changed: bool) -> Compared:
    then, now = marked(former, row.answer) if row.message is not None else (former, row.answer)
    return Compared(
        row=row,
        question=row.message.text if row.message is not None else row.case.question if row.case is not None else "",
        then=then,
        now=now,
        changed=changed and row.state == ReplayTurn.State.DONE,
        figures=tuple(_figures(row)),
        tools_then=", ".join(map(str, row.figures_then.get("tools") or ())),
        tools_now=", ".join(map(str, row.figures_now.get("tools") or ())),
        limits=replays.limits_of(row),
        error=replays.error_of(row),
        findings=tuple(_findings(row)),
    )


def _findings(row: ReplayTurn) -> Iterator[tuple[str, str, str, bool | None]]:
    for one in row.findings:
        kind = str(evaluations.KINDS.get(one["kind"], one["kind"] if one["kind"] != "answer" else ""))
        yield kind, str(one["value"]), str(one["why"]), one["holds"]


def _figures(row: ReplayTurn) -> Iterator[Figure]:
    labels = {"prompt": _("tokens read"), "completion": _("tokens written"), "ms": _("ms"), "cost": _("cost")}
    for name, label in labels.items():
        before, after = _number(row.figures_then.get(name)), _number(row.figures_now.get(name))
        if before or after:
            change = "" if before == after or row.message is None else f"{after - before:+f}"
            yield Figure(label, _short(before), _short(after), _short_text(change))


def _number(value: Any) -> Decimal:
    try:
        return Decimal(str(value or 0))
    except ArithmeticError:
        return Decimal(0)


def _short(value: Decimal) -> str:
    return _short_text(f"{value:f}")


def _short_text(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


def marked(then: str, now: str) -> tuple[str | SafeString, str | SafeString]:
    """Returns both texts with what only one of them has in <del> and <ins>: by words, Chinese by characters."""
    first, second = _TOKEN.findall(then), _TOKEN.findall(now)
    if then == now or len(first) + len(second) > MOST_TOKENS:
        return then, now
    matcher = difflib.SequenceMatcher(None, first, second, autojunk=False)
    old: list[tuple[str, str]] = []
    new: list[tuple[str, str]] = []
    for kind, a, b, c, d in matcher.get_opcodes():
        same = kind == "equal"
        old.append(("" if same else "del", "".join(first[a:b])))
        new.append(("" if same else "ins", "".join(second[c:d])))
    return _html(old), _html(new)


def _html(parts: Sequence[tuple[str, str]]) -> SafeString:
    """Returns texts, each inside its element; those without one as they are. All are escaped."""
    around = {tag: (SafeString(f"<{tag}>"), SafeString(f"</{tag}>")) for tag in ("del", "ins")} | {"": ("", "")}
    return format_html_join("", "{}{}{}", [(around[tag][0], text, around[tag][1]) for tag, text in parts if text])
