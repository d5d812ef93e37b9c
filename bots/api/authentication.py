"""Finds the user of a request by its API key."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework.authentication import TokenAuthentication
from rest_framework.exceptions import AuthenticationFailed

from bots.operations import api_tokens


class KeyAuthentication(TokenAuthentication):
    """`Authorization: Token <key>`. The key is looked up by its digest."""

    def authenticate_credentials(self, key: str) -> tuple[Any, None]:
        user = api_tokens.user_of(key)
        if user is None:
            raise AuthenticationFailed(_("This token is not valid."))
        return user, None
