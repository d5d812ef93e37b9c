"""Reads the latest messages of a conversation."""

from __future__ import annotations

from typing import NamedTuple

from django.db import connection

from bots.models.conversation import Conversation
from bots.models.message import Message
from bots.models.person import Person

_MESSAGE, _PERSON = Message._meta.db_table, Person._meta.db_table

NEWEST_ID = (
    f"(SELECT m.id FROM {_MESSAGE} m"  # noqa: S608  names of our own
    f" WHERE m.conversation_id={Conversation._meta.db_table}.id ORDER BY m.id DESC LIMIT 1)"
)
"""Expression for `get_with(Conversation, …)`: the id of the newest message, null without one."""

# A message that the model refused would have each later prompt refused too. A notice about an outage is no answer.
_IN_PROMPTS = " AND ".join(f"""CAST(meta AS text) NOT LIKE '%%"{mark}": true%%'""" for mark in ("refused", "aside"))
_LATEST = (
    f"SELECT id, role, '', text FROM {_MESSAGE}"  # noqa: S608  names of our own
    f" WHERE conversation_id=%s AND id>%s AND NOT forgotten AND {_IN_PROMPTS}"
    " ORDER BY id DESC LIMIT %s"
)
# In a group the model must see who said what.
_LATEST_IN_GROUP = (
    "SELECT m.id, m.role, CASE WHEN m.role='user' THEN p.display_name END, m.text"  # noqa: S608  names of our own
    f" FROM {_MESSAGE} m LEFT JOIN {_PERSON} p ON p.id=m.person_id"
    f" WHERE m.conversation_id=%s AND m.id>%s AND NOT m.forgotten AND {_IN_PROMPTS} ORDER BY m.id DESC LIMIT %s"
)


class Said(NamedTuple):
    """One message. `speaker` is the person's name in a group, else ""."""

    id: int
    role: str
    speaker: str
    text: str


def latest_messages(conversation_id: int, count: int, *, in_group: bool, after: int = 0) -> list[Said]:
    """Returns the latest `count` messages of prompts (not forgotten, not refused, no notice), oldest first.

    Args:
        conversation_id: Whose messages.
        count: How many at most.
        in_group: With the names of the speakers.
        after: Only messages with a greater id.
    """
    with connection.cursor() as cursor:
        cursor.execute(_LATEST_IN_GROUP if in_group else _LATEST, [conversation_id, after, count])
        found = cursor.fetchall()[::-1]
    return [Said(pk, role, speaker or "", text) for pk, role, speaker, text in found]
