"""Settings of log-ins: password rules, and the lock after wrong passwords (django-axes)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]

_RULES: dict[str, dict[str, Any]] = {
    "UserAttributeSimilarityValidator": {},
    "MinimumLengthValidator": {"min_length": 10},
    "CommonPasswordValidator": {},
    "NumericPasswordValidator": {},
}
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}", "OPTIONS": options} for name, options in _RULES.items()
]

AXES: dict[str, Any] = {
    # A user name is locked for the address that fails only, so that nobody can lock a user out from elsewhere.
    "AXES_LOCKOUT_PARAMETERS": [["username", "ip_address"]],
    "AXES_FAILURE_LIMIT": 5,
    "AXES_COOLOFF_TIME": timedelta(minutes=15),
    # Attempts during the lock do not prolong it.
    "AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT": False,
    "AXES_RESET_ON_SUCCESS": True,
    "AXES_CLIENT_IP_CALLABLE": "bots.edge.peer.of_request",
    "AXES_USERNAME_CALLABLE": "bots.edge.logins.name_of",
    "AXES_LOCKOUT_CALLABLE": "bots.admin.system.logins.locked_out",
    "AXES_ENABLE_ADMIN": False,  # bots.admin.system.logins has the page
    "AXES_DISABLE_ACCESS_LOG": True,  # log-ins are in the audit log
    "AXES_VERBOSE": False,
}
