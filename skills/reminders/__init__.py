"""The skill for reminders."""

from skills.reminders.skill import RemindersSkill

__all__ = ["RemindersSkill"]
