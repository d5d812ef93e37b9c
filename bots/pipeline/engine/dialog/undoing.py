"""Takes back the reminders that the person's last message made: "cancel it" or 算了 right after the confirmation.

After a list of reminders, "cancel it" ends the only one, or the bot asks which one is meant.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from adapters.commands import parse_command
from bots.models import Message
from bots.pipeline.engine.dialog import forms
from bots.pipeline.engine.ports.schedules import PersonSchedules
from bots.pipeline.engine.turn import Reply, Turn
from clawdbot.chinese import simplified
from skills import catalogue
from skills.catalogue import Entry
from skills.choosing import Match
from skills.reminders import requests

LATELY = timedelta(minutes=10)
"""After that "cancel it" hardly means the reminder."""
_BESIDE_EN = r"(?:oh|ok|okay|well|sorry|actually|no|please|wait)"
_BESIDE_ZH = r"(?:那就|那|哦|噢|嗯|哎|呃|不好意思|抱歉|对不起|先|就|还是|请|麻烦|帮我|把|刚才|刚刚|这个|那个|它)"
_UNDOES = re.compile(
    rf"(?:{_BESIDE_EN}\b[\s,.!]*)*"
    r"(?:(?:cancel|undo|scratch|drop|delete|remove|forget)(?: about)? (?:it|that|this)(?: one)?|take (?:it|that) back"
    r"|cancel|undo|never ?mind)(?:[\s,.!]*(?:please|thanks|thank you|then|again))*"
    rf"|(?:{_BESIDE_ZH}[\s,，]*)*"
    r"(?:算了|取消|撤销|撤回|作废|不用了|不要了|不需要了|不用提醒了?|别提醒了?|不提醒了?|删掉|删了|当我没说)"
    r"(?:[\s,，]*(?:算了|取消|不用了|不要了|吧|啊|呀|了|啦|它|这个|那个|谢谢你?))*"
)
_ENDS_LISTED = re.compile(
    rf"(?:{_BESIDE_EN}\b[\s,.!]*)*(?:can you |could you )?"
    r"(?:cancel|delete|remove|drop|scratch|stop|end|turn off|get rid of) (?:it|that|this|them|both|all|everything)"
    r"(?: one| all| of (?:it|them|those))?(?:[\s,.!]*(?:please|thanks|thank you|then|now))*"
    rf"|(?:{_BESIDE_ZH}[\s,，]*)*(?:全部|全都|都)?(?:取消|删除|删掉|删了|去掉|作废|停掉|关掉)"
    r"(?:[\s,，]*(?:它们?|这个|那个|这条|那条|全部|所有|一下|掉|吧|啊|呀|了|啦|谢谢你?))*"
)
_REMINDERS = "skills.reminders.RemindersSkill"
_MARKS = " \t\n.,!?;:~…。，！？；：、～\"'“”‘’"


def undo(turn: Turn) -> Reply | None:
    """Cancels what the last message of this chat has set; None when the message or the chat says no such thing."""
    plain = " ".join(simplified(turn.text).replace("’", "'").lower().split()).strip(_MARKS)
    undoes, ends_listed = _UNDOES.fullmatch(plain) is not None, _ENDS_LISTED.fullmatch(plain) is not None
    if len(plain) > 40 or not (undoes or ends_listed):
        return None
    before = Message.objects.filter(conversation=turn.conversation, role=Message.Role.USER, inbound__isnull=False)
    last = before.exclude(inbound=turn.inbound_id).order_by("-pk").values_list("inbound_id", "occurred_at").first()
    if last is None or turn.now - last[1] > LATELY:
        return None
    schedules = PersonSchedules(turn)
    mine = schedules.rows()
    rows = [row for row in mine if undoes and row.inbound_id == last[0] and row.person_id == turn.person.pk]
    if not rows:
        return _end_listed(turn, last[0]) if ends_listed and mine else None
    for row in rows:
        schedules.cancel_row(row)
    lines = [_("Cancelled: %(text)s") % {"text": row.text} for row in rows]
    lines.append(ngettext("I will not remind you of it.", "I will not remind you of them.", len(rows)))
    return Reply("\n".join(lines), remember=True, remember_answer=False)


def _end_listed(turn: Turn, inbound_id: int) -> Reply | None:
    """Ends the reminder that the last answer was about, or asks which one; None when that spoke of something else."""
    entry = next((one for one in catalogue.entries(turn.bot.pk) if one.module == _REMINDERS), None)
    said = Message.objects.filter(inbound=inbound_id).order_by("pk").values_list("role", "text", "meta")
    if entry is None or not any(_of_reminders(entry, *one) for one in said):
        return None
    values = {"action": requests.CANCEL, "request": turn.text}
    return forms.start_skill(turn, Match(turn.bot.pk, entry, "", turn.text, turn.text, values))


def _of_reminders(entry: Entry, role: str, text: str, meta: dict[str, Any]) -> bool:
    if role == Message.Role.USER:  # a command's answer names no skill
        return simplified(parse_command(text)[0]) in ("reminders", "提醒", "reminder")
    return meta.get("skill") == entry.name
