"""UnitsSkill converts units, Chinese ones included."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.utils.translation import gettext as _

from clawdbot.skills import BaseSkill, NotMeant, Parameter, SkillError
from clawdbot.skills.effects import READS_ONLY
from skills.said import said
from skills.units import conversion, reading


class UnitsSkill(BaseSkill):
    """Answers "5 feet 7 in cm", 10公里是多少英里 and "72°F to °C"."""

    name = "units"
    description = (
        "Converts units of length, weight, area, volume, temperature, speed, time, data, energy and pressure, also"
        " 斤 两 里 尺 亩. It knows no exchange rates."
    )
    help: ClassVar[dict[str, str]] = {"en": "Converts units", "zh": "换算单位"}
    triggers = ("单位换算", "换算", "convert")
    patterns = reading.PATTERNS
    parameters: ClassVar[tuple[Parameter, ...]] = (
        Parameter(
            "amount",
            prompt={
                "en": "Which amount? For instance 5 feet 7 or 10 km.",
                "zh": "要换算多少？比如 3斤2两 或 10 公里。",
            },
            description="The amount with its unit: 10 km, 5 feet 7, 3斤2两",
        ),
        Parameter(
            "unit",
            prompt={"en": "Into which unit?", "zh": "换算成什么单位？"},
            description="The unit wanted: miles, °C, 公斤",
        ),
    )
    effects = READS_ONLY
    timeout_s = 5.0

    @classmethod
    def parse(cls, *, text: str, rest: str, trigger: str, language: str) -> Mapping[str, Any] | None:
        found = reading.read(said(text, rest, trigger))
        if found is not None:
            return {"amount": found.amount, "unit": found.target_shown}
        if trigger and not rest.strip():
            return {}
        if trigger and reading.parts_of(rest):
            return {"amount": rest}
        raise NotMeant

    def execute(self, context: dict[str, Any]) -> str:
        amount, unit = (str(context["parameters"][name]).strip() for name in ("amount", "unit"))
        found = reading.conversion(amount, unit)
        if found is None:
            raise SkillError(_unreadable(amount, unit))
        if found.currency:
            raise SkillError(_("I do not know exchange rates, so I cannot convert money."))
        try:
            if found.both:
                return f"{found.amount} ≈ {conversion.shown_as_two(found.parts, found.both)}"
            value, exact = conversion.shown(conversion.convert(found.parts, found.target))
        except conversion.NotConvertible as error:
            raise SkillError(_refusal(error.code, amount, unit)) from None
        space = " " if unit.isascii() and unit[:1].isalnum() else ""
        return f"{found.amount} {'=' if exact else '≈'} {value}{space}{found.target_shown}"


def _unreadable(amount: str, unit: str) -> str:
    if not reading.is_unit(unit):
        return _("I do not know the unit “%(unit)s”.") % {"unit": unit[:40]}
    return _("I cannot read “%(amount)s” as an amount with a unit.") % {"amount": amount[:60]}


def _refusal(code: str, amount: str, unit: str) -> str:
    if code == "too_cold":
        return _("Nothing is as cold as that: it is below absolute zero.")
    return _("“%(amount)s” and “%(unit)s” measure different things.") % {"amount": amount, "unit": unit}
