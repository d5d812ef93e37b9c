"""Tells a person, after an answer, what was stopped while the bot could not write to them."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from bots.models import Message, Person, Schedule
from bots.pipeline import engine
from bots.pipeline.outbox import proactive

_SHOWN = 5
_LONGEST = 100  # characters of a reminder's text


def tell(turn: engine.Turn) -> None:
    """Writes the message in the transaction that closes the turn, once.

    In a group it names only what was stopped there: others read it too.
    """
    chat = turn.conversation
    if chat.closed_at is not None:
        return
    mine = Schedule.objects.for_person(turn.person).filter(state=Schedule.State.STOPPED, told=False)
    if turn.group is not None:
        mine = mine.filter(channel=chat.channel_id, conversation__chat_id=chat.chat_id)
    rows = list(mine.select_for_update(of=("self",)).order_by("pk"))
    if rows:
        Schedule.objects.filter(pk__in=[row.pk for row in rows]).update(told=True)
        proactive.write(chat, _text(rows), Message.Role.ASSISTANT, {"kind": "reminders_stopped"})
    if turn.group is None:
        Person.objects.filter(pk=turn.person.pk).update(news=False)
        transaction.on_commit(lambda: setattr(turn.person, "news", False))


def _text(rows: list[Schedule]) -> str:
    lines = [_("These reminders were stopped while I could not write to you, or by the team:")]
    lines += [f"- {row.number}. {row.text[:_LONGEST]}" for row in rows[:_SHOWN]]
    if len(rows) > _SHOWN:
        lines.append("- …")
    if any(row.stopped_code == "reply_window_closed" for row in rows):
        lines.append(_("This platform lets me write only for a day after your last message."))
    lines.append(_("/reminders resume NUMBER starts one again."))
    return "\n".join(lines)
