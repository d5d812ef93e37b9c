"""Creates and revokes API tokens: at most one per user."""

from __future__ import annotations

from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _
from rest_framework.authtoken.models import Token

from bots.operations.errors import OperationError


def key_of(user_name: str, *, renew: bool = False) -> str:
    """Returns the user's key; creates one if there is none. With `renew` a new key replaces the old one.

    Raises:
        OperationError: The user does not exist or is not active.
    """
    user = _user(user_name)
    if not user.is_active:
        raise OperationError(_("The user %(name)s is not active.") % {"name": user_name})
    with transaction.atomic():
        if renew:
            Token.objects.filter(user=user).delete()
        return str(Token.objects.get_or_create(user=user)[0].key)


def revoke(user_name: str) -> bool:
    """Deletes the user's key; returns False when there was none.

    Raises:
        OperationError: No such user.
    """
    deleted, _by_model = Token.objects.filter(user=_user(user_name)).delete()
    return deleted > 0


def _user(name: str) -> User:
    model = get_user_model()
    found = model._default_manager.filter(**{model.USERNAME_FIELD: name}).first()
    if found is None:
        raise OperationError(_("There is no user %(name)s.") % {"name": name})
    return found
