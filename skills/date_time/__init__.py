"""The skill for date and time."""

from skills.date_time.skill import DateTimeSkill

__all__ = ["DateTimeSkill"]
