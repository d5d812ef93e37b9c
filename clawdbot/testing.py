"""Runs a skill in its author's test, without Django and without a bot.

    from clawdbot import testing

    def test_weather():
        answer = testing.run(Weather, city="Paris", config={"base_url": server.url})
        assert "Paris" in answer.text

The services are doubles that keep everything in memory; `context.http` is the real one. `answer.services` shows what
the skill staged: memories, reminders, state, a hand-over, progress.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from clawdbot.address_values import addresses_in
from clawdbot.files import File
from clawdbot.skills import Context, answers, declared
from clawdbot.skills.context import Passage, Remembered, Scheduled, Services
from clawdbot.skills.guarded_http import GuardedHttp

__all__ = ["Doubles", "Result", "run"]


class MemoryDouble:
    """A memory that finds what has a word of the question."""

    def __init__(self, *texts: str) -> None:
        self.entries = [Remembered(text, datetime.now(UTC), "fact") for text in texts]

    def search(self, text: str, limit: int = 5) -> Sequence[Remembered]:
        return [one for one in self.entries if _share(text, one.text)][:limit]

    def facts(self, limit: int = 20) -> Sequence[Remembered]:
        return self.entries[::-1][:limit]

    def remember(self, text: str) -> None:
        self.entries.append(Remembered(text, datetime.now(UTC), "said"))

    def about(self, topic: str, limit: int = 50) -> Sequence[Remembered]:
        return [one for one in self.entries if topic.casefold() in one.text.casefold()][:limit]

    def forget(self, topic: str) -> int:
        gone = list(self.about(topic))
        self.entries = [one for one in self.entries if one not in gone]
        return len(gone)


class KnowledgeDouble:
    """Documents that are found by a word of the question."""

    def __init__(self, *passages: Passage) -> None:
        self.passages = list(passages)

    def search(self, query: str, limit: int = 5) -> Sequence[Passage]:
        return [one for one in self.passages if _share(query, one.text)][:limit]


class SchedulesDouble:
    """Reminders in a list; `next_at` is the first delivery."""

    def __init__(self) -> None:
        self.rows: dict[int, Scheduled] = {}
        self.came: Scheduled | None = None

    def add(self, text: str, local: datetime, zone: str, rule: str = "", before: timedelta = timedelta(0)) -> Scheduled:
        number = max(self.rows, default=0) + 1
        at = (local - before).replace(tzinfo=UTC)
        self.rows[number] = Scheduled(number, text, at, local, rule, zone, before)
        return self.rows[number]

    def all(self) -> Sequence[Scheduled]:
        return [one for one in self.rows.values() if one.next_at is not None]

    def change(
        self, number: int, *, text: str | None = None, local: datetime | None = None, rule: str | None = None
    ) -> Scheduled:
        row = self.rows[number]
        at = row.next_at if local is None else (local - row.before).replace(tzinfo=UTC)
        kept = replace(row, text=row.text if text is None else text, rule=row.rule if rule is None else rule)
        self.rows[number] = replace(kept, local=row.local if local is None else local, next_at=at)
        return self.rows[number]

    def cancel(self, number: int) -> Scheduled:
        self.rows[number] = replace(self.rows[number], next_at=None)
        return self.rows[number]

    def snooze(self, number: int, until: datetime) -> Scheduled:
        return replace(self.rows[number], next_at=until)

    def latest(self) -> Scheduled:
        if self.came is None:
            raise LookupError("none came")
        return self.came


class DialogDouble:
    """Keeps the reason of a hand-over, and the zone of the person."""

    def __init__(self) -> None:
        self.handed_over = ""
        self.time_zone = ""

    def use_time_zone(self, zone: str) -> None:
        self.time_zone = zone

    def hand_over(self, reason: str) -> None:
        self.handed_over = reason


@dataclass(slots=True)
class Doubles:
    """The services of a test. Hand your own to `run` to prepare what the skill finds."""

    memory: MemoryDouble = field(default_factory=MemoryDouble)
    knowledge: KnowledgeDouble = field(default_factory=KnowledgeDouble)
    schedules: SchedulesDouble = field(default_factory=SchedulesDouble)
    dialog: DialogDouble = field(default_factory=DialogDouble)
    state: dict[str, Any] = field(default_factory=dict)
    progress: list[str] = field(default_factory=list)

    def services(self, **more: Any) -> Services:
        """Returns them as a context has them."""
        return Services(
            memory=self.memory,
            knowledge=self.knowledge,
            schedules=self.schedules,
            dialog=self.dialog,
            state=self.state,
            progress=self.progress.append,
            **{"idempotency_key": "test", **more},
        )


@dataclass(frozen=True, slots=True)
class Result:
    """The answer of a skill: its text, its parts in order if it has files, its buttons, and what it staged."""

    text: str
    parts: tuple[str | File, ...]
    buttons: tuple[str, ...]
    services: Doubles


def run(
    skill: type[Any],
    message: str = "",
    /,
    *,
    parameters: Mapping[str, Any] | None = None,
    language: str = "en",
    config: Mapping[str, Any] | None = None,
    secrets: Mapping[str, str] | None = None,
    now: datetime | None = None,
    time_zone: str = "UTC",
    services: Doubles | None = None,
    **more: Any,
) -> Result:
    """Runs a skill with these parameters, which are checked as those of a person.

    Args:
        skill: The class.
        message: What the person wrote.
        parameters: The parameters by name; a class that declares none finds `text`, the message, among them.
        language: "en" or "zh-hans".
        config: The configuration. Its servers may be on this machine.
        secrets: Secrets by name.
        now: The time of the message; aware.
        time_zone: The person's zone.
        services: Doubles that you have prepared.
        more: Likewise, where the names are none of the above.

    Raises:
        ValueError: A parameter is missing or does not fit, or the answer is empty.
        Exception: Whatever the skill raises.
    """
    doubles = services or Doubles()
    taken = declared.read(skill)
    asked = {**(parameters or {}), **more}
    values = taken.from_json(asked) if taken.parameters else {"text": message, "message": message, **asked}
    limit_s = float(getattr(skill, "timeout_s", 0) or 10.0)
    given = {
        "parameters": values,
        "text": message,
        "trigger": "",
        "language": language,
        "config": dict(config or {}),
        "now": now or datetime.now(UTC),
        "time_zone": time_zone,
        "bot": "test",
        "person": "test",
        "conversation_id": None,
        "event_id": 1,
    }
    lent = doubles.services(
        secrets=dict(secrets or {}),
        http=GuardedHttp(limit_s, addresses_in(given["config"]).values()),
        deadline_s=limit_s,
    )
    context = Context(given, lent)
    answer = skill().execute(context, **(values if taken.by_name else {}))
    read = answers.read(asyncio.run(_awaited(answer)) if inspect.isawaitable(answer) else answer)
    return Result(read.text, read.parts, read.buttons, doubles)


async def _awaited(answer: Any) -> Any:
    return await answer


def _share(question: str, text: str) -> bool:
    words = {word for word in question.casefold().split() if len(word) > 2} or {question.casefold()}
    return any(word in text.casefold() for word in words)
