"""Makes, finds and revokes API tokens: at most one per user. Only a digest is stored, so that a key is shown once."""

from __future__ import annotations

import hashlib
import secrets

from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils.crypto import constant_time_compare
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from bots.models import ApiToken
from bots.operations.errors import OperationError

# Makes a key recognisable, for people and for scanners of leaked secrets; `clawdbot.redaction` knows it too.
KEY_BEGINS = "claw_"
SHOWN = 10


def give_key(token: ApiToken) -> str:
    """Sets digest and prefix of an unsaved token to those of a new key; returns the key, which is not stored."""
    key = KEY_BEGINS + secrets.token_urlsafe(32)
    token.digest, token.prefix = _digest(key), key[:SHOWN]
    return key


def make(user_name: str, *, renew: bool = False) -> str:
    """Makes a key for the user and returns it. With `renew` it replaces the user's key, which is dead at once.

    Raises:
        OperationError: The user does not exist, is not active, or has a key and `renew` is False.
    """
    user = _user(user_name)
    if not user.is_active:
        raise OperationError(_("The user %(name)s is not active.") % {"name": user_name})
    token = ApiToken(user=user)
    key = give_key(token)
    try:
        with transaction.atomic():
            if renew:
                ApiToken.objects.filter(user=user).delete()
            token.save()
    except IntegrityError:
        raise OperationError(_has_one(user)) from None
    return key


def revoke(user_name: str) -> bool:
    """Deletes the user's key; returns False when there was none.

    Raises:
        OperationError: No such user.
    """
    deleted, _by_model = ApiToken.objects.filter(user=_user(user_name)).delete()
    return deleted > 0


def user_of(key: str) -> User | None:
    """Returns the active user of a key; None when nobody has it."""
    digest = _digest(key)
    token = ApiToken.objects.select_related("user").filter(digest=digest).first()
    if token is None or not constant_time_compare(token.digest, digest) or not token.user.is_active:
        return None
    return token.user


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()


def _has_one(user: User) -> str:
    token = ApiToken.objects.filter(user=user).first()
    if token is None:
        return _("The key was changed at the same time. Please try again.")
    text = _(
        "%(name)s has a key: %(prefix)s…, made on %(day)s. It is not stored and cannot be shown again. "
        "--renew makes a new one, and the old one stops working."
    )
    day = date_format(token.created, "DATE_FORMAT")
    return text % {"name": user.get_username(), "prefix": token.prefix, "day": day}


def _user(name: str) -> User:
    model = get_user_model()
    found = model._default_manager.filter(**{model.USERNAME_FIELD: name}).first()
    if found is None:
        raise OperationError(_("There is no user %(name)s.") % {"name": name})
    return found
