"""Where an answer goes: the reply address while it is good, else a group or a person."""

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
_ENCRYPTED_ID = "$:"  # how ids of people outside of the organisation begin; they cannot be written to by the API


def heard(content: Mapping[str, Any], account: DingTalkAccount) -> Event:
    """Reads what a robot hears. A reply address that is not DingTalk's is left out: the body is not signed, so anybody
    who has caught a request could have put it there; the answer goes by the API then.

    Raises:
        MalformedPayload: When message, chat or sender have no id.
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


def still_good(reply_token: str | None, now: float) -> bool:
    """Whether the reply address may still be used; its end stands in the token."""
    expires_ms = (reply_token or "").rpartition(":")[2]
    if not expires_ms.isdecimal() or len(expires_ms) > 15 or int(expires_ms) == 0:
        return True  # not told; the platform will say
    return now + _EARLY_S < int(expires_ms) / 1000


def group_of(message: OutgoingMessage) -> str:
    """The id of the group it goes to; "" when it goes to a person."""
    told = (message.reply_token or "").partition(":")[0]
    if told in (GROUP, PRIVATE):
        return message.chat_id if told == GROUP else ""
    # Without a person, or with the group itself for one, it is to the conversation.
    user = message.user_id or ""
    group = message.chat_id.startswith("cid") and (not user or user.endswith(message.chat_id))
    return message.chat_id if group else ""


def person_of(message: OutgoingMessage) -> str:
    """The staff id of the person it goes to.

    Raises:
        SendError: Permanent, for people outside of the organisation.
    """
    person = message.user_id if message.chat_id.startswith("cid") else message.chat_id
    if not person or person.startswith(_ENCRYPTED_ID):
        raise SendError(Reason("no_staff_id"), permanent=True, mark="no_staff_id")
    return person


def mentioned(message: OutgoingMessage) -> str | None:
    """Whom the message mentions. There are no visible replies; in a group the person is named instead."""
    user = message.user_id if message.reply_to and message.part == 0 else None
    return user if user and not user.startswith(_ENCRYPTED_ID) else None
