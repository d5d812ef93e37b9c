"""CalculatorSkill works out arithmetic and shows how it read it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from django.utils.translation import gettext as _

from clawdbot.skills import BaseSkill, NotMeant, Parameter, SkillError
from clawdbot.skills.effects import READS_ONLY
from skills.calculator import reading
from skills.calculator.evaluation import Undefined, evaluate, shown
from skills.said import said


def checked(text: str) -> str:
    """Returns the text when it is a calculation.

    Raises:
        ValueError: It is none.
    """
    if reading.read(text, asked=True) is None:
        raise ValueError
    return text


class CalculatorSkill(BaseSkill):
    """Answers "what is 12% of 340", 三加五等于几 and "(1.5+2)^3" exactly, without a model."""

    name = "calculator"
    description = (
        "Works out arithmetic exactly: + - * / ^ % mod, percent of, sqrt, roots, logarithms, sin, cos, factorial."
        " Use it for every calculation instead of working it out yourself."
    )
    help: ClassVar[dict[str, str]] = {
        "en": "Works out what you write in figures or words",
        "zh": "计算算式，数字或文字都行",
    }
    triggers = ("计算器", "计算", "算一下", "calculate", "calculator", "work out")
    patterns = reading.PATTERNS
    parameters: ClassVar[tuple[Parameter, ...]] = (
        Parameter(
            "expression",
            prompt={"en": "What shall I work out? For instance 12% of 340.", "zh": "要算什么？比如 340 的 12%。"},
            validator=checked,
            description="For instance (3+4)*5, 12% of 340, sqrt(2), 2^10",
        ),
    )
    effects = READS_ONLY
    timeout_s = 5.0

    @classmethod
    def parse(cls, *, text: str, rest: str, trigger: str, language: str) -> Mapping[str, Any] | None:
        words = said(text, rest, trigger)
        if reading.read(words) is not None:
            return {"expression": words}
        if trigger and not rest.strip():
            return {}
        raise NotMeant

    def execute(self, context: dict[str, Any]) -> str:
        found = reading.read(str(context["parameters"]["expression"]), asked=True)
        if found is None:
            raise SkillError(_("I cannot read that as a calculation. Write it in figures, such as 12% of 340."))
        if found.code == "comma":
            raise SkillError(
                _("I am not sure what “%(figure)s” means. Write a point for decimals (3.5), or no comma (35).")
                % {"figure": found.shown}
            )
        if found.code == "order":
            first, second = (_worked_out(reading.readable(one), one) for one in found.readings)
            return _("“%(words)s” can mean two things: %(first)s, or %(second)s.") % {
                "words": found.shown,
                "first": first,
                "second": second,
            }
        return _worked_out(found.shown, found.expression)


def _worked_out(readable: str, expression: str) -> str:
    try:
        return f"{readable} = {shown(evaluate(expression))}" + _angle_note(expression)
    except Undefined as error:
        raise SkillError(_reason(error.code) % {"expression": readable}) from None


def _angle_note(expression: str) -> str:
    """Returns how an angle was read that names no unit: sin(30) is rarely meant in radians."""
    bare = re.search(r"\b(?:sin|cos|tan)\s*\((?!.*(?:deg|pi))", expression)
    return _(" (the angle in radians; for degrees write 30°)") if bare else ""


def _reason(code: str) -> str:
    if code == "zero":
        return _("%(expression)s has no result: nothing can be divided by zero.")
    if code == "large":
        return _("%(expression)s is too large for me to work out.")
    if code == "domain":
        return _("%(expression)s has no result among the real numbers.")
    return _("I cannot read %(expression)s as a calculation.")
