"""The network address of a caller, also behind a reverse proxy that is trusted."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Iterable, Mapping

from django.conf import settings
from django.http import HttpRequest


def peer_address(client: Iterable[object] | None, headers: Mapping[str, str], trusted: Collection[str]) -> str:
    """Returns the address to rate-limit: the peer's, or the one a trusted proxy forwards ("" if it forwards none)."""
    peer = str(next(iter(client or ()), ""))
    if peer not in trusted:
        return peer
    forwarded = headers.get("x-forwarded-for", "").split(",")[-1].strip()
    return forwarded if forwarded else ""


def of_request(request: HttpRequest) -> str | None:
    """Returns the address of an HTTP request, in one spelling, as the lock of log-ins counts it; None when unknown.

    An IPv6 address stands for its network of 64 bits, because one caller has all addresses of it.
    """
    peer = str(request.META.get("REMOTE_ADDR", ""))
    headers = {"x-forwarded-for": str(request.META.get("HTTP_X_FORWARDED_FOR", ""))}
    return _normal(peer_address([peer], headers, settings.CLAWDBOT.web_chat.trusted_proxies)) or _normal(peer)


def _normal(text: str) -> str | None:
    host, _bracket, _port = text.removeprefix("[").partition("]")
    if host.count(":") == 1:  # some proxies append the port
        host = host.partition(":")[0]
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address, 64), strict=False).network_address)
