"""Takes back the reminders that the person's last message made: "cancel it" or 算了 right after the confirmation."""

from __future__ import annotations

import re
from datetime import timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bots.models import Message
from bots.pipeline.engine.ports.schedules import PersonSchedules
from bots.pipeline.engine.turn import Reply, Turn
from clawdbot.chinese import simplified

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
_MARKS = " \t\n.,!?;:~…。，！？；：、～\"'“”‘’"


def undo(turn: Turn) -> Reply | None:
    """Cancels what the last message of this chat has set; None when the message or the chat says no such thing."""
    plain = " ".join(simplified(turn.text).replace("’", "'").lower().split()).strip(_MARKS)
    if len(plain) > 40 or not _UNDOES.fullmatch(plain):
        return None
    before = Message.objects.filter(conversation=turn.conversation, role=Message.Role.USER, inbound__isnull=False)
    last = before.exclude(inbound=turn.inbound_id).order_by("-pk").values_list("inbound_id", "occurred_at").first()
    if last is None or turn.now - last[1] > LATELY:
        return None
    schedules = PersonSchedules(turn)
    rows = [row for row in schedules.rows() if row.inbound_id == last[0] and row.person_id == turn.person.pk]
    if not rows:
        return None
    for row in rows:
        schedules.cancel_row(row)
    lines = [_("Cancelled: %(text)s") % {"text": row.text} for row in rows]
    lines.append(ngettext("I will not remind you of it.", "I will not remind you of them.", len(rows)))
    return Reply("\n".join(lines), remember=True, remember_answer=False)
