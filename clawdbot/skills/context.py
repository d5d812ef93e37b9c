"""What `execute` gets: the values of the call and the services that a skill may use.

Writes through a service are staged: they are committed together with the answer of the turn, or not at all. So a turn
that is repeated after a crash does them once.
"""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from typing import Any, Protocol

from clawdbot.errors import ClawdbotError


class ServiceUnavailable(ClawdbotError, AttributeError):
    """The service does not exist where the skill runs, for instance schedules in a group."""

    permanent = True


@dataclass(frozen=True, slots=True)
class Remembered:
    """One thing that is known of the person.

    Attributes:
        at: When it was said; aware.
        kind: "fact" for a standing fact, "digest" for a summary, "said" for words of a conversation.
    """

    text: str
    at: datetime
    kind: str = "said"


class Memory(Protocol):
    """What the bot knows of this person. The person's scope is inside every call."""

    def search(self, text: str, limit: int = 5) -> Sequence[Remembered]:
        """Returns what fits the text, best first."""
        ...

    def facts(self, limit: int = 20) -> Sequence[Remembered]:
        """Returns standing facts and pinned memories, latest first."""
        ...

    def remember(self, text: str) -> None:
        """Stages a memory in the person's words. It is written when the turn is closed."""
        ...

    def about(self, topic: str, limit: int = 50) -> Sequence[Remembered]:
        """Returns what `forget` of this topic would delete."""
        ...

    def forget(self, topic: str) -> int:
        """Stages the erasure of what is about a topic. Returns the number of memories."""
        ...


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage of a document, with where it stands."""

    text: str
    title: str
    place: str = ""
    score: float = 0.0


class Knowledge(Protocol):
    """The documents of the bot."""

    def search(self, query: str, limit: int = 5) -> Sequence[Passage]:
        """Returns passages that fit, best first; none when the bot has no documents."""
        ...


@dataclass(frozen=True, slots=True)
class Scheduled:
    """A reminder of the person.

    Attributes:
        number: Its number in the person's list, by which the person names it.
        next_at: Next delivery, aware; None when it is over or stopped.
        local: First delivery as local wall time, without a zone.
        rule: RRULE without DTSTART, e.g. "FREQ=WEEKLY;BYDAY=MO"; "" for a single delivery.
        zone: IANA name of the zone of `local`.
        before: How long before the moment the reminder comes.
    """

    number: int
    text: str
    next_at: datetime | None
    local: datetime
    rule: str
    zone: str
    before: timedelta = timedelta(0)


class Schedules(Protocol):
    """The reminders of this person in this chat."""

    def add(self, text: str, local: datetime, zone: str, rule: str = "", before: timedelta = timedelta(0)) -> Scheduled:
        """Stages a reminder.

        Raises:
            SkillError: The person has too many; the sentence is for the person.
        """
        ...

    def all(self) -> Sequence[Scheduled]:
        """Returns the reminders that are still to come, those of this turn included, next first."""
        ...

    def latest(self) -> Scheduled:
        """Returns the reminder that came last in this chat.

        Raises:
            LookupError: None came lately.
        """
        ...

    def change(
        self, number: int, *, text: str | None = None, local: datetime | None = None, rule: str | None = None
    ) -> Scheduled:
        """Stages a change.

        Raises:
            LookupError: The person has no such reminder.
        """
        ...

    def cancel(self, number: int) -> Scheduled:
        """Stages the end of a reminder or series.

        Raises:
            LookupError: The person has no such reminder.
        """
        ...

    def snooze(self, number: int, until: datetime) -> Scheduled:
        """Stages one more delivery of the last occurrence; the series stays as it is. `until` is aware.

        Raises:
            LookupError: The person has no such reminder.
        """
        ...


class Dialog(Protocol):
    """The conversation itself."""

    def hand_over(self, reason: str) -> None:
        """Stages the hand-over of the conversation to a person of the team, who reads the reason."""
        ...

    def use_time_zone(self, zone: str) -> None:
        """Stages that the person's times are in this zone from now on; an IANA name."""
        ...


class Http(Protocol):
    """Outgoing requests with a deadline, a size limit and the address rules of the bot."""

    def request(self, method: str, url: str, **options: Any) -> Any:
        """Makes a request as `clawdbot.http.request` does."""
        ...


class _Missing:
    """Stands for a service that does not exist where the skill runs."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        raise ServiceUnavailable(f"{self._name} is not available here")


MISSING: Any = _Missing("this service")


def _say_nothing(text: str) -> None:
    return None


@dataclass(slots=True)
class Services:
    """What the product lends to a call. A service that is missing raises `ServiceUnavailable` when it is used.

    Attributes:
        state: What this skill keeps of this person: JSON values, committed with the turn.
        secrets: Secrets that the operator stored for this skill.
        progress: Shows a short text while the skill works; the answer replaces it.
        idempotency_key: The same for every repetition of this call, different for any other call.
        stopped: Returns True once the person asked to stop.
        deadline_s: Seconds left for the call.
        commit: Takes the staged writes into the turn; called once, when the call has succeeded.
        once: Makes a call with effects once; None where the caller sees to that. Of the product, not for skills.
    """

    memory: Memory = MISSING
    knowledge: Knowledge = MISSING
    schedules: Schedules = MISSING
    dialog: Dialog = MISSING
    http: Http = MISSING
    state: MutableMapping[str, Any] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    progress: Callable[[str], None] = _say_nothing
    idempotency_key: str = ""
    stopped: Callable[[], bool] = lambda: False
    deadline_s: float = 10.0
    commit: Callable[[], None] = lambda: None
    once: Callable[..., Any] | None = None


class Context(dict[str, Any]):
    """The argument of `execute`: a dictionary, as in the first SDK, whose values and services are attributes too.

    `context["parameters"]` and `context.parameters` are the same. Keys: "parameters", "text", "trigger", "language",
    "config", "now", "time_zone", "time_zone_known" (whether it is the person's own), "bot", "person",
    "conversation_id", "event_id".
    """

    def __init__(self, values: Mapping[str, Any], services: Services | None = None) -> None:
        super().__init__(values)
        self.services = services or Services()

    @property
    def parameters(self) -> Mapping[str, Any]:
        """The checked parameters by name."""
        return self["parameters"]  # type: ignore[no-any-return]

    @property
    def text(self) -> str:
        """The whole message."""
        return str(self.get("text", ""))

    @property
    def language(self) -> str:
        """The language to answer in: "en" or "zh-hans"."""
        return str(self.get("language", "en"))

    @property
    def config(self) -> Mapping[str, Any]:
        """The configuration of the skill for this bot."""
        return self.get("config", {})  # type: ignore[no-any-return]

    @property
    def now(self) -> datetime:
        """The time of the message in the person's zone; aware."""
        return self["now"].astimezone(self.zone)  # type: ignore[no-any-return]

    @property
    def zone(self) -> tzinfo:
        """The person's time zone."""
        return zoneinfo.ZoneInfo(str(self.get("time_zone") or "UTC"))

    @property
    def memory(self) -> Memory:
        return self.services.memory

    @property
    def knowledge(self) -> Knowledge:
        return self.services.knowledge

    @property
    def schedules(self) -> Schedules:
        return self.services.schedules

    @property
    def dialog(self) -> Dialog:
        return self.services.dialog

    @property
    def http(self) -> Http:
        return self.services.http

    @property
    def state(self) -> MutableMapping[str, Any]:
        return self.services.state

    @property
    def secrets(self) -> Mapping[str, str]:
        return self.services.secrets

    @property
    def idempotency_key(self) -> str:
        return self.services.idempotency_key

    def progress(self, text: str) -> None:
        """Shows a short text while the skill works. Best effort."""
        self.services.progress(text)
