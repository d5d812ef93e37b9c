"""Times in the words of a person: one parser for Chinese and English, and the occurrences of what it finds."""

from clawdbot.times.parser import days, find, find_all
from clawdbot.times.types import Ask, Found, Instant, Outcome, Recurrence

__all__ = ["Ask", "Found", "Instant", "Outcome", "Recurrence", "days", "find", "find_all"]
