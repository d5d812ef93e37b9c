"""Which messages of a chat are one turn, and how long the first of them waits for the others.

The parts of an album are always one turn. What else is one turn is up to the bot (`Bot.bursts`): each message is one;
what a person writes until a pause is one (collect); what comes while the bot answers joins the message that it answers
(interrupt). In a group only messages of the same member are one turn.

There are no timers in memory: a row that waits for others is marked `gathers` and has a due time, so that nothing is
lost when a process dies. A command or a pressed button is never part of such a turn. Those that only look, and buttons,
are marked `overtakes`: they pass rows that wait. All others end the wait and follow in order, because they begin or
end something: what was written before /new belongs before it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from adapters.commands import parse_command
from adapters.events import Event
from bots.models import Bot, InboundEvent, sql
from bots.models.sql import clock
from clawdbot.chinese import simplified

State = InboundEvent.State
Bursts = Bot.Bursts

# The other parts of an album follow within this time.
ALBUM_QUIET_S = 1.5
ALBUM_LONGEST_S = 8.0  # from the first part; parts that come later are turns of their own
MOST = 10  # messages of one turn; an album counts as one, and so do messages that are forwarded in a row
LONGEST_TEXT = 4000  # characters of one turn, after which no further message joins it
SEARCH = 50  # waiting rows of a chat
TAKEN_BACK = "taken_back"  # key of the payload: ids of its messages that were deleted while it waited
PARTS = "album_parts"  # key of the payload: the messages that are in it; the name is that of the first kind of them

# Commands that change nothing: they need not wait for what was written before them.
LOOKING = frozenset({"help", "帮助", "status", "状态", "memory", "记忆", "reminders", "提醒"})
_STOP_WORDS = re.compile(
    r"(?:please )?stop(?: it| that| now| talking| please)?"
    r"|(?:请|快)?(?:停|停下|停下来|停止|停一下|停一停|打住)(?:吧|了)?"
    r"|别(?:说|写|讲|回答)了"
)
_MARKS = " \t\n.,!~…。，！～"


@dataclass(frozen=True, slots=True)
class Window:
    """The rows of one turn, as far as they have come.

    Attributes:
        rows: The rows, oldest first; the first one becomes the turn.
        changes: Rows behind them that edit or delete one of their messages.
        closed: No other message can join any more.
    """

    rows: tuple[InboundEvent, ...]
    changes: tuple[InboundEvent, ...] = ()
    closed: bool = False

    def wait_s(self, bot: Bot) -> float:
        """Returns the seconds to wait for further messages; 0 when there is nothing to wait for."""
        now, newest = clock.now(), max(row.received_at for row in self.rows)
        in_parts = any(_is_album(row.payload) for row in self.rows) and not self._whole_album()
        quiet_s, longest_s = (ALBUM_QUIET_S, ALBUM_LONGEST_S) if in_parts else (0.0, 0.0)
        if bot.bursts == Bursts.COLLECT and not self.closed:
            quiet_s, longest_s = max(quiet_s, bot.burst_quiet_s), max(longest_s, bot.burst_longest_s)
        waited_s = (now - self.rows[0].received_at).total_seconds()
        if waited_s >= longest_s or now < newest:  # the clock was set back
            return 0.0
        return max(0.0, min(quiet_s - (now - newest).total_seconds(), longest_s - waited_s))

    def _whole_album(self) -> bool:
        size = int(self.rows[0].payload.get("album_size") or 0)
        return 0 < size <= len(self.rows)


def is_stop(text: str) -> bool:
    """Returns whether the whole message only asks to stop."""
    return len(text) <= 40 and _STOP_WORDS.fullmatch(simplified(text.lower()).strip(_MARKS)) is not None


def names(command: str, text: str) -> set[str]:
    """Returns the names that a message may have as a command, in simplified Chinese or lower case."""
    return {simplified(name) for name in (command.lower().removeprefix("/"), parse_command(text)[0])} - {""}


def gathers(bot: Bot, event: Event) -> bool:
    """Returns whether the message waits for others."""
    return (bool(event.album) and event.kind == "message") or (
        bot.bursts == Bursts.COLLECT and _is_words(event.to_dict(with_raw=False))
    )


def quiet_s(bot: Bot, event: Event) -> float:
    """Returns the seconds that a message which gathers waits for the next one."""
    of_bot = bot.burst_quiet_s if bot.bursts == Bursts.COLLECT else 0.0
    return max(of_bot, ALBUM_QUIET_S if event.album else 0.0)


def overtakes(event: Event) -> bool:
    """Returns whether the event passes messages that wait: a pressed button, or a command that only looks."""
    if event.kind not in ("message", "command"):
        return event.kind == "action"
    return not event.forwarded and bool(LOOKING & names(event.command, event.text))


def of_row(row: InboundEvent, bursts: str) -> Window:
    """Returns the window that the row begins.

    Args:
        row: The first row of it, claimed or waiting.
        bursts: How the bot takes several messages (`Bot.bursts`).
    """
    ids = sql.waiting_ids(InboundEvent, row.queue_key, State.PROCESSING, after=row.pk, limit=SEARCH)
    taken = _Taken(row, joins=bursts != Bursts.EACH and _is_words(row.payload))
    changes: list[InboundEvent] = []
    for other in InboundEvent.objects.filter(pk__in=ids).order_by("pk") if ids else ():
        if other.payload.get("user_id") != row.payload.get("user_id"):
            continue
        if not taken.take(other) and other.kind in ("edit", "delete"):
            changes.append(other)
    return Window(tuple(taken.rows), tuple(changes), taken.closed)


class _Taken:
    """Takes rows in order until a message that begins another turn."""

    def __init__(self, first: InboundEvent, *, joins: bool) -> None:
        self.rows = [first]
        self._albums = {first.payload.get("album")} - {None, ""}
        self._count = len(first.payload.get(PARTS) or ()) or 1
        self._length = len(str(first.payload.get("text") or ""))
        self.closed = not joins or self._is_full()

    def take(self, row: InboundEvent) -> bool:
        album = row.payload.get("album") or ""
        if row.kind == "message" and album in self._albums:
            self.rows.append(row)
            return True
        if row.overtakes or row.kind in ("edit", "delete"):
            return False
        if self.closed or not _is_words(row.payload):
            self.closed = True
            return False
        self.rows.append(row)
        self._albums |= {album} - {""}
        if not (row.payload.get("forwarded") and self.rows[-2].payload.get("forwarded")):
            self._count += 1
            self._length += len(str(row.payload.get("text") or ""))
        self.closed = self._is_full()
        return True

    def _is_full(self) -> bool:
        return self._count >= MOST or self._length >= LONGEST_TEXT


def _is_words(payload: Mapping[str, Any]) -> bool:
    """Returns whether a message is neither a command nor a word that has one's effect."""
    if payload.get("kind") != "message":
        return False
    text, forwarded = str(payload.get("text") or ""), payload.get("forwarded")
    return bool(forwarded) or not (names(str(payload.get("command") or ""), text) or is_stop(text))


def _is_album(payload: Mapping[str, Any]) -> bool:
    return bool(payload.get("album")) and PARTS not in payload


def first_waiting(row: InboundEvent) -> InboundEvent:
    """Returns the first row of the chat that waits for messages of the same person; the row itself if there is none."""
    ids = sql.waiting_ids(InboundEvent, row.queue_key, State.PROCESSING, after=0, limit=SEARCH)
    rows = InboundEvent.objects.filter(pk__in=ids, gathers=True, pk__lt=row.pk).order_by("pk") if len(ids) > 1 else ()
    mine: Sequence[InboundEvent] = [one for one in rows if one.payload.get("user_id") == row.payload.get("user_id")]
    return mine[0] if mine else row


def take_back(row: InboundEvent, event: Event) -> None:
    """Closes the message that a deletion names if it still waits for its turn; of a turn of several only that part.

    One that is being answered, or has shown a part of its answer, is left to `dispatch.edits`.
    """
    named = event.target_message_id or event.message_id or ""
    ids = [row_id for row_id in sql.open_rows(InboundEvent, row.queue_key, State.PROCESSING) if row_id < row.pk]
    for waiting in InboundEvent.objects.filter(pk__in=ids, state=State.PENDING, draft_id="").order_by("id"):
        parts = [part["id"] for part in waiting.payload.get(PARTS) or () if part["id"]]
        if not named or named not in (parts or [waiting.payload.get("message_id")]):
            continue
        values: dict[str, Any]
        if len(parts) > 1:
            values = {"payload": waiting.payload | {TAKEN_BACK: [*waiting.payload.get(TAKEN_BACK, ()), named]}}
        else:
            waiting.strip_contents()
            values = {"state": State.IGNORED, "payload": waiting.payload, "finished_at": clock.now()}
            values["waiting_since"] = None
        InboundEvent.objects.filter(pk=waiting.pk, state=State.PENDING).update(**values)
        if waiting.gathers:  # those that waited with it begin the next window
            following = [later for later in ids if later > waiting.pk][:1]
            InboundEvent.objects.filter(pk__in=following, state=State.PENDING).update(due_at=clock.now())
