"""Finds where to send an answer: to the reply address while it is valid, else to a group or a person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from adapters.dingtalk.account import DingTalkAccount
from adapters.dingtalk.messages import GROUP, PRIVATE, event_of
from adapters.errors import SendError
from adapters.events import Event, OutgoingMessage
from clawdbot.http.addresses import host_allowed
from clawdbot.reasons import Reason

REPLY_HOSTS = frozenset({"oapi.dingtalk.com", "api.dingtalk.com"})
_EARLY_S = 60.0  # a reply address is not used in its last minute
_ENCRYPTED_ID = "$:"  # prefix of the ids of people outside the organisation, whom the API cannot reach


def trusted_event(content: Mapping[str, Any], account: DingTalkAccount) -> Event:
    """Reads a message or pressed card, and drops a reply address that is not DingTalk's.

    The signature does not cover the body, so an intercepted request could be replayed with another address. Without a
    reply address the API sends the answer.

    Raises:
        MalformedPayload: Message, chat or sender has no id.
    """
    event = event_of(content, account.robot)
    return event if not event.reply_url or _known(event.reply_url, account) else replace(event, reply_url=None)


def _known(url: str, account: DingTalkAccount) -> bool:
    try:
        parts = urlsplit(url)
        allowed = host_allowed(parts.hostname or "", parts.port, account.allowed_hosts or REPLY_HOSTS)
    except ValueError:
        return False
    return allowed and (parts.scheme == "https" or bool(account.allowed_hosts))


def reply_address_valid(reply_token: str | None, now: float) -> bool:
    """Returns whether the reply address is still valid. Its expiry is part of the reply token."""
    expires_ms = (reply_token or "").rpartition(":")[2]
    if not expires_ms.isdecimal() or len(expires_ms) > 15 or int(expires_ms) == 0:
        return True  # unknown expiry: DingTalk refuses an expired address itself
    return now + _EARLY_S < int(expires_ms) / 1000


def group_of(message: OutgoingMessage) -> str:
    """Returns the id of the group to send to; "" when the message goes to a person."""
    told = (message.reply_token or "").partition(":")[0]
    if told in (GROUP, PRIVATE):
        return message.chat_id if told == GROUP else ""
    # Without a user, or with the group as user, the message goes to the group.
    user = message.user_id or ""
    group = message.chat_id.startswith("cid") and (not user or user.endswith(message.chat_id))
    return message.chat_id if group else ""


def person_of(message: OutgoingMessage) -> str:
    """Returns the staff id of the person to send to.

    Raises:
        SendError: Permanent, for people outside the organisation.
    """
    person = message.user_id if message.chat_id.startswith("cid") else message.chat_id
    if not person or person.startswith(_ENCRYPTED_ID):
        raise SendError(Reason("no_staff_id"), permanent=True, mark="no_staff_id")
    return person


def mentioned(message: OutgoingMessage) -> str | None:
    """Returns the user to mention. DingTalk has no visible replies, so the answer mentions the user instead."""
    user = message.user_id if message.reply_to and message.part == 0 else None
    return user if user and not user.startswith(_ENCRYPTED_ID) else None


def reachable(people: Mapping[str, str]) -> dict[str, str]:
    """Returns those people (ids by name) whom DingTalk can mention: members of the organisation."""
    return {name: person for name, person in people.items() if not person.startswith(_ENCRYPTED_ID)}
