"""Signs and reads visitor tokens. A token gives access to one visitor's conversation with one bot."""

from __future__ import annotations

import re
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.core import signing
from django.utils.crypto import salted_hmac

SALT = "clawdbot.web-chat.visitor"
# A browser that returns within LIFETIME keeps its conversation. A visit with a token older than RENEW gets a new one.
LIFETIME = timedelta(days=400)
RENEW = timedelta(days=30)
MAX_LENGTH = 400
_SEED = re.compile(r"[A-Za-z0-9_-]{22,64}")
_SEED_SALT = "clawdbot.web-chat.seed"


@dataclass(frozen=True, slots=True)
class Visitor:
    """A browser as one bot knows it.

    Attributes:
        id: 192 random bits, URL-safe; chat id and user id on the bot's web channel.
        token: The signed token for the browser. What stands before its first colon is the same in every token of one
            visitor; tabs compare it (`visitor.js`).
    """

    id: str
    token: str


def new_visitor(bot_id: int) -> Visitor:
    """Creates a visitor."""
    return _issue(secrets.token_urlsafe(24), bot_id)


def of_seed(seed: str, bot_id: int) -> Visitor | None:
    """Returns the visitor of a seed; None when the seed is too short to be unguessable, or malformed.

    Two tabs that open at once have no token yet. They agree on a random seed in the browser's storage, and the server
    gives both the same visitor without storing anything.

    Args:
        seed: 22 to 64 URL-safe characters, chosen at random by the page; whoever has it can read the conversation.
        bot_id: The bot; the same seed is another visitor at another bot.
    """
    if not _SEED.fullmatch(seed):
        return None
    digest = salted_hmac(_SEED_SALT, f"{bot_id}:{seed}", algorithm="sha256").digest()
    return _issue(urlsafe_b64encode(digest[:24]).decode(), bot_id)


def read(token: str, bot_id: int) -> Visitor | None:
    """Returns the visitor of a token for this bot; None when it is forged, for another bot, or expired."""
    visitor_id = _visitor_id(token, bot_id, LIFETIME)
    if visitor_id is None:
        return None
    fresh = _visitor_id(token, bot_id, RENEW) is not None
    return Visitor(visitor_id, token) if fresh else _issue(visitor_id, bot_id)


def _issue(visitor_id: str, bot_id: int) -> Visitor:
    return Visitor(visitor_id, signing.dumps({"v": visitor_id, "b": bot_id}, salt=SALT))


def _visitor_id(token: str, bot_id: int, max_age: timedelta) -> str | None:
    if not token or len(token) > MAX_LENGTH:
        return None
    try:
        value: Any = signing.loads(token, salt=SALT, max_age=max_age)
    except (signing.BadSignature, ValueError):
        return None
    if not isinstance(value, dict) or value.get("b") != bot_id:
        return None
    found = value.get("v")
    return found if isinstance(found, str) and found else None
