"""Whether a person gets broadcasts. Answers and reminders come in any case."""

from __future__ import annotations

import re
from datetime import datetime

from bots.models import Message, OutboundMessage, Person
from clawdbot.chinese import simplified

BROADCAST = "broadcast"  # `meta["kind"]` of its messages
# As a whole message, with polite words around it. Not "stop", which ends a running answer.
_WORDS = re.compile(
    r"(?:please |pls )?(?:unsubscribe|opt[ -]?out)(?: me)?(?: from (?:this|these|it|all))?"
    r"(?:[,.!]? ?(?:please|thanks|thank you))?"
    r"|(?:请|麻烦|帮我|给我|我要|我想|你好,?)*(?:退订|取消订阅|td|回复td|回td退订|td退订)(?:[,!.。，！]?(?:吧|了|谢谢你?|多谢))*"
)
# Right after a broadcast these mean it too: there is no answer that they could end.
_AFTER_ONE = re.compile(
    r"(?:please )?stop(?: it| this| that)?(?: sending(?: me)?(?: these| this| such)?(?: messages| ads| news)?)?"
    r"(?:[,.!]? ?(?:please|thanks|thank you))?|stop ?all|no more(?: of (?:this|these))?(?: please)?|remove me"
    r"|(?:请|麻烦)?(?:别|不要|不用|停止)(?:再)?(?:给我)?(?:发|推送|打扰|发送)(?:了|消息|广告|给我|这些|这个)*|停止?|拒收|t"
)
_MARKS = " \t\n.,!。，！\"'“”‘’「」"
_LONGEST = 40


def asks_to_leave(text: str, conversation_id: int, inbound_id: int | None) -> bool:
    """Returns whether the whole message ends broadcasts: in words of its own, or by "stop" right after one."""
    if len(text) > _LONGEST:
        return False
    plain = _plain(text)
    if _WORDS.fullmatch(plain):
        return True
    return _AFTER_ONE.fullmatch(plain) is not None and _is_last(conversation_id, inbound_id)


def _is_last(conversation_id: int, inbound_id: int | None) -> bool:
    """Returns whether the latest message of the chat before this one is a broadcast."""
    before = Message.objects.filter(conversation=conversation_id).exclude(inbound=inbound_id, inbound__isnull=False)
    latest = before.order_by("-pk").values_list("meta", flat=True).first()
    return latest is not None and latest.get("kind") == BROADCAST


def _plain(text: str) -> str:
    return " ".join(simplified(text).lower().split()).strip(_MARKS)


def leave(person: Person, at: datetime) -> None:
    """Ends broadcasts for the person, also those that still wait in the outbox. Call it in a transaction."""
    Person.objects.filter(pk=person.pk, unsubscribed_at=None).update(unsubscribed_at=at)
    state = OutboundMessage.State
    waiting = OutboundMessage.objects.open().filter(state=state.PENDING, message__meta__kind=BROADCAST)
    waiting.filter(conversation__person=person).update(state=state.DISCARDED)


def join(person: Person) -> None:
    """Lets the person get broadcasts again."""
    Person.objects.filter(pk=person.pk).update(unsubscribed_at=None)
