"""The calculator: arithmetic in digits and in words of both languages."""

from skills.calculator.skill import CalculatorSkill

__all__ = ["CalculatorSkill"]
