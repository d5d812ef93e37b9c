"""The keys with which users call the API: one per user."""

from __future__ import annotations

from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _
from rest_framework.authtoken.models import Token

from bots.operations.errors import OperationError


def key_of(user_name: str, *, renew: bool = False) -> str:
    """The user's key, made when there is none; with `renew` a new one, and the old one stops working.

    Raises:
        OperationError: No such user, or one who may not sign in.
    """
    user = _user(user_name)
    if not user.is_active:
        raise OperationError(_("The user %(name)s is not active.") % {"name": user_name})
    with transaction.atomic():
        if renew:
            Token.objects.filter(user=user).delete()
        return str(Token.objects.get_or_create(user=user)[0].key)


def revoke(user_name: str) -> bool:
    """Takes the user's key away; False when there was none.

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
