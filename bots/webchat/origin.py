"""Who may open the web chat: the origin of a page, and the address of a peer behind a proxy."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from urllib.parse import urlsplit

from django.conf import settings
from django.http.request import split_domain_port, validate_host

_ORIGIN = re.compile(r"https?://[A-Za-z0-9.\-\[\]:]{1,255}")
_DEFAULT_PORTS = {"http": 80, "https": 443}


def clean_origins(values: object) -> tuple[str, ...]:
    """The well-formed origins of a bot's `allowed_origins`, lower-case, without path; anything else is dropped."""
    if not isinstance(values, list):
        return ()
    texts = (str(value).strip().rstrip("/").lower() for value in values)
    return tuple(text for text in texts if _ORIGIN.fullmatch(text))


def origin_allowed(origin: str, host: str, allowed: Collection[str]) -> bool:
    """Whether a page of `origin` may open the socket of a server reached as `host`.

    Browsers always send an origin; a client that sends none (a script, a test) is no page of another site.
    """
    if not origin:
        return True
    origin = origin.lower()
    if _parts(origin) in {_parts(item) for item in allowed}:
        return True
    scheme, _, _ = origin.partition("://")
    return scheme in _DEFAULT_PORTS and bool(host) and _parts(origin) == _parts(f"{scheme}://{host.lower()}")


def host_allowed(host: str) -> bool:
    """Django checks Host on HTTP only; a socket needs it as much (DNS rebinding)."""
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


def peer_address(client: Iterable[object] | None, headers: Mapping[str, str], trusted: Collection[str]) -> str:
    """The address to count against: the peer, or what a trusted proxy says; "" for this machine itself."""
    peer = str(next(iter(client or ()), ""))
    if peer not in trusted:
        return peer
    forwarded = headers.get("x-forwarded-for", "").split(",")[-1].strip()
    return forwarded if forwarded else ""
