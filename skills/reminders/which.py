"""Finds the reminder that a person means: by number, by time, by words, or because there is only one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from clawdbot import times
from clawdbot.skills.context import Scheduled
from clawdbot.times import Instant, Recurrence, occurrences
from clawdbot.times.numerals import chinese, folded
from skills.reminders import tasks

_ALL = re.compile(r"全部|所有|都取消|都删|清空|\ball\b|\bevery (?:reminder|one)\b|\beverything\b")
_NUMBER = re.compile(
    r"(?:#|no\.? ?|number |reminder )(\d{1,4})\b|第(\d{1,4}|[一二三四五六七八九十]{1,3})[个条]|(?:提醒|取消|删除)(\d{1,4})(?![点号日月:\d])|^(\d{1,4})$"
)
_REQUEST = re.compile(
    r"取消|删除|删掉|删了|去掉|关掉|关闭|停掉|停止|撤销|不要|不用|别|再|提醒我?|闹钟|闹铃|倒计时|定时|把|我的|那个|这个|那条|一下|请|帮我|改到.*|改成.*|推迟到.*|延后到.*|修改|的|了$"
    r"|\b(?:cancel|delete|remove|stop|clear|turn off|drop|forget|scrap|reminders?|alarms?|timers?|reminding|remind|don't|do not|me|my|the|to|about|for|at|on|please|move|change|reschedule|shift|push|postpone|update|edit|it|that|this|ones?|again)\b|\b(?:to|until) .*$"
)


def named(text: str, known: Sequence[Scheduled], now: datetime, zone: str, language: str) -> list[Scheduled]:
    """Returns the reminders that the words name; all of them when the words name none.

    Args:
        text: The message, or the answer to the question which one.
        known: The person's reminders.
        now: The moment of the message; aware.
        zone: The person's zone.
        language: Of the message.
    """
    plain = folded(text)[0].strip()
    if match := _NUMBER.search(plain):
        number = chinese(next(group for group in match.groups() if group))
        return [one for one in known if one.number == number]
    found = times.find_all(text, now=now, zone=zone, language=language)
    if found and (timed := [one for one in known if _is_at(one, found[0].outcome, zone)]):
        known = timed
    elif found and not _words(text, known):
        return []
    if by_words := _words(text, known):
        return by_words
    return list(known)


def means_all(text: str) -> bool:
    """Returns whether the words mean every reminder that they name."""
    return _ALL.search(folded(text)[0]) is not None


def _is_at(one: Scheduled, outcome: times.Outcome, zone: str) -> bool:
    """Returns whether a reminder comes at a time: on the day, at the hour, or in any of the readings."""
    if one.next_at is None:
        return False
    moments = {occurrences.wall(one.next_at, zone), occurrences.wall(one.next_at + one.before, zone)}
    wanted = outcome.choices if isinstance(outcome, times.Ask) else (outcome,)
    for choice in wanted:
        if isinstance(choice, Recurrence):
            if one.rule and _same_rule(one.rule, choice.rule):
                return True
        elif any(_fits(at, choice) for at in moments):
            return True
    return False


def _same_rule(one: str, other: str) -> bool:
    return occurrences.parts_of(one).get("FREQ") == occurrences.parts_of(other).get("FREQ")


def _fits(at: datetime, choice: Instant) -> bool:
    if not choice.has_time:
        return at.date() == choice.local.date()
    same_hour = (at.hour, at.minute) == (choice.local.hour, choice.local.minute)
    return same_hour and (choice.assumed or at.date() == choice.local.date())


def _words(text: str, known: Sequence[Scheduled]) -> list[Scheduled]:
    """Returns the reminders whose task holds the words that remain without the request."""
    plain = folded(text)[0]
    found = times.find_all(plain, now=datetime.now().astimezone(), zone="UTC")
    left = tasks.trimmed(_REQUEST.sub(" ", tasks.task_of(plain, found) if found else plain))
    words = [word for word in re.split(r"[\s,，。]+", left) if len(word) > 1 or "\u4e00" <= word <= "\u9fff"]
    return [one for one in known if words and all(_has(folded(one.text)[0], word) for word in words)]


def _has(task: str, word: str) -> bool:
    return re.search(rf"\b{re.escape(word)}\b", task) is not None if word.isascii() else word in task
