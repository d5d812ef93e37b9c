"""Hears of log-ins from Django and django-axes, and passes them on to the audit log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import User
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.http import HttpRequest

from bots.edge import peer
from bots.operations import logins


def listen() -> None:
    """Connects the audit log to the signals of Django, after django-axes, which counts failures first."""
    import axes.signals  # noqa: F401  # connects axes

    user_logged_in.connect(_logged_in, dispatch_uid="bots.edge.logins")
    user_logged_out.connect(_logged_out, dispatch_uid="bots.edge.logins")
    user_login_failed.connect(_failed, dispatch_uid="bots.edge.logins")


def name_of(request: HttpRequest | None, credentials: Mapping[str, Any] | None = None) -> str:
    """Returns the name under which django-axes counts an attempt (AXES_USERNAME_CALLABLE)."""
    typed = (credentials or {}).get("username") or (request.POST.get("username") if request is not None else "")
    return logins.counted_name(str(typed or ""))


def _logged_in(sender: Any, request: HttpRequest | None, user: User, **_: Any) -> None:
    if _through_a_door(request):
        logins.logged_in(user.get_username(), _address(request))


def _logged_out(sender: Any, request: HttpRequest | None, user: User | None, **_: Any) -> None:
    if user is not None and _through_a_door(request):
        logins.logged_out(user.get_username(), _address(request))


def _failed(sender: Any, credentials: Mapping[str, Any], request: HttpRequest | None = None, **_: Any) -> None:
    # None: axes refused it before the password was looked at, and did not count it; the lock has its row.
    counted = getattr(request, "axes_failures_since_start", None) is not None
    if counted and _through_a_door(request):
        locked = bool(getattr(request, "axes_locked_out", False))
        logins.failed(name_of(request, credentials), _address(request), locked=locked)


def _through_a_door(request: HttpRequest | None) -> bool:
    """Tells a log-in over HTTP from code that logs somebody in, which makes a request without a method."""
    return request is not None and request.method is not None


def _address(request: HttpRequest | None) -> str:
    return (peer.of_request(request) if request is not None else None) or ""
