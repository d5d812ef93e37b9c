"""A conversation with the skill at a fixed moment, and reminders in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bots.models import Bot
from clawdbot.skills import Context
from clawdbot.skills.context import Scheduled, Services
from clawdbot.times import occurrences
from skills import catalogue, runner
from tests.builders import make_bot
from tests.skills.builders import make_skill

MONDAY = datetime(2026, 11, 30, 10, tzinfo=ZoneInfo("Asia/Shanghai"))


@dataclass
class Book:
    """Reminders as `clawdbot.skills.context.Schedules` promises them, without a database."""

    now: datetime = MONDAY
    kept: list[Scheduled] = field(default_factory=list)
    snoozed: list[tuple[int, datetime]] = field(default_factory=list)
    came: Scheduled | None = None

    def add(self, text: str, local: datetime, zone: str, rule: str = "", before: timedelta = timedelta(0)) -> Scheduled:
        number = max((one.number for one in self.kept), default=0) + 1
        self.kept.append(self._timed(Scheduled(number, text, None, local, rule, zone, before)))
        return self.kept[-1]

    def _timed(self, one: Scheduled) -> Scheduled:
        at = occurrences.after(one.local, one.rule, one.zone, self.now + one.before)
        assert at is not None, "a time that is over"
        return replace(one, next_at=at - one.before)

    def all(self) -> Sequence[Scheduled]:
        return sorted(self.kept, key=lambda one: one.next_at or datetime.max.replace(tzinfo=UTC))

    def latest(self) -> Scheduled:
        if self.came is None:
            raise LookupError
        return self.came

    def change(
        self, number: int, *, text: str | None = None, local: datetime | None = None, rule: str | None = None
    ) -> Scheduled:
        at = self._at(number)
        one = self.kept[at]
        changed = replace(one, text=text or one.text, local=local or one.local, rule=one.rule if rule is None else rule)
        self.kept[at] = self._timed(changed)
        return self.kept[at]

    def cancel(self, number: int) -> Scheduled:
        return self.kept.pop(self._at(number))

    def snooze(self, number: int, until: datetime) -> Scheduled:
        self.snoozed.append((number, until))
        return self.came or self.kept[self._at(number)]

    def _at(self, number: int) -> int:
        found = [at for at, one in enumerate(self.kept) if one.number == number]
        if not found:
            raise LookupError(number)
        return found[0]


class Talk:
    """Says sentences to the skill and answers its questions."""

    def __init__(
        self, module: str = "skills.reminders.RemindersSkill", *, now: datetime = MONDAY, **values: object
    ) -> None:
        make_skill(module, *self._triggers(module))
        catalogue.clear_cache()
        self.bot: Bot = make_bot()
        self.now, self.values = now, values
        self.book = Book(now)
        self.services: dict[str, Any] = {}
        self.language = "en"
        self._needs: runner.Needs | None = None

    @staticmethod
    def _triggers(module: str) -> tuple[str, ...]:
        from skills import registry

        return tuple(registry.load(module).triggers)

    def meant(self, text: str, language: str = "en") -> bool:
        return runner.match(self.bot.pk, text, language) is not None

    def say(self, text: str) -> str:
        """Returns the answer, or the question of the skill."""
        if self._needs is None or not text.isdigit():
            self.language = "zh-hans" if any("\u4e00" <= one <= "\u9fff" for one in text) else "en"
        language = self.language
        if self._needs is not None:
            found = runner.restore(self.bot.pk, self._needs.match, text)
        else:
            found = runner.match(self.bot.pk, text, language)
        assert found is not None, "the message is not meant for the skill"
        values = {
            "language": language,
            "conversation_id": None,
            "now": self.now,
            "time_zone": "Asia/Shanghai",
            **self.values,
        }
        result = runner.run(found, Context(values, Services(schedules=self.book, **self.services)))
        self._needs = result.needs
        return result.needs.question if result.needs else result.text

    @property
    def asks(self) -> bool:
        return self._needs is not None

    def reminders(self) -> list[tuple[str, str, str]]:
        """Returns task, wall time and rule of each reminder, in the order in which they were made."""
        return [(one.text, one.local.isoformat(" ", "minutes"), one.rule) for one in self.book.kept]
