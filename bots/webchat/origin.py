"""Checks the Origin and Host of a socket."""

from __future__ import annotations

import re
from collections.abc import Collection
from urllib.parse import urlsplit

from django.conf import settings
from django.http.request import split_domain_port, validate_host

_ORIGIN = re.compile(r"https?://[A-Za-z0-9.\-\[\]:]{1,255}")
_DEFAULT_PORTS = {"http": 80, "https": 443}


def clean_origins(values: object) -> tuple[str, ...]:
    """Returns the well-formed origins of a bot's `allowed_origins` in lower case; drops anything else."""
    if not isinstance(values, list):
        return ()
    texts = (str(value).strip().rstrip("/").lower() for value in values)
    return tuple(text for text in texts if _ORIGIN.fullmatch(text))


def origin_allowed(origin: str, host: str, allowed: Collection[str]) -> bool:
    """Tells whether a page of `origin` may open a socket to a server with this `host`.

    An empty origin is allowed: browsers always send one, so the client (a script, a test) is no page of another site.
    """
    if not origin:
        return True
    origin = origin.lower()
    if _parts(origin) in {_parts(item) for item in allowed}:
        return True
    scheme, _, _ = origin.partition("://")
    return scheme in _DEFAULT_PORTS and bool(host) and _parts(origin) == _parts(f"{scheme}://{host.lower()}")


def host_allowed(host: str) -> bool:
    """Checks the Host header as Django does for HTTP only; sockets need it too, against DNS rebinding."""
    domain, _ = split_domain_port(host)
    return not host or bool(
        domain and validate_host(domain, settings.ALLOWED_HOSTS or ["localhost", "127.0.0.1", "[::1]"])
    )


def _parts(origin: str) -> tuple[str, str, int | None] | None:
    try:
        parts = urlsplit(origin)
        return parts.scheme, parts.hostname or "", parts.port or _DEFAULT_PORTS.get(parts.scheme)
    except ValueError:
        return None
