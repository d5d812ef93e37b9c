"""Conversion of units: metric, imperial and Chinese ones."""

from skills.units.skill import UnitsSkill

__all__ = ["UnitsSkill"]
