"""Decides which hosts and addresses a request may reach."""

from __future__ import annotations

import ipaddress
import socket
import threading
from collections.abc import Collection, Iterable
from typing import Any
from urllib.parse import urlsplit

from clawdbot.http.errors import AddressRefused
from clawdbot.reasons import Reason

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
# Azure serves the credentials of a virtual machine at this address, which is otherwise a public one.
_METADATA = ipaddress.ip_address("168.63.129.16")
_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}
LOOKUP_S = 3.0

SocketAddress = tuple[socket.AddressFamily, tuple[Any, ...]]


def is_public(address: str) -> bool:
    """Returns True for a globally routable unicast address.

    In IPv6 forms that contain an IPv4 address (mapped, compatible, 6to4, Teredo, NAT64), that address must be public
    too.
    """
    try:
        ip = ipaddress.ip_address(address.split("%", 1)[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        inner = _embedded_ipv4(ip)
        if inner is not None:
            # Mapped and NAT64 addresses are reserved ranges themselves; only the IPv4 address inside counts.
            translated = ip.ipv4_mapped is not None or ip in _NAT64
            return _plainly_public(inner) and (translated or _plainly_public(ip))
    return _plainly_public(ip)


def _plainly_public(ip: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    return (
        ip.is_global
        and ip != _METADATA
        and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified or ip.is_loopback)
    )


def _embedded_ipv4(ip: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if ip.ipv4_mapped is not None:
        return ip.ipv4_mapped
    if ip.sixtofour is not None:
        return ip.sixtofour
    if ip.teredo is not None:
        return ip.teredo[1]
    if ip in _NAT64 or int(ip) >> 32 == 0:
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return None


def resolve_public(host: str, port: int) -> list[SocketAddress]:
    """Resolves a host and returns its socket addresses, all of them public.

    The caller must connect to exactly these addresses, so that a second DNS answer cannot redirect the request.

    Raises:
        AddressRefused: An address is not public; one private address among public ones is an attack pattern.
        socket.gaierror: The name does not resolve.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses: list[SocketAddress] = [(family, sockaddr) for family, _, _, _, sockaddr in found]
    if not addresses or not all(is_public(str(sockaddr[0])) for _, sockaddr in addresses):
        raise AddressRefused(Reason("host_not_public", host=host))
    return addresses


def open_public(host: str, port: int, timeout: Any, options: Iterable[tuple[Any, ...]] = ()) -> socket.socket:
    """Connects to a public host at one of the addresses that were checked.

    Args:
        host: Name or address.
        port: Port.
        timeout: Time-out of the socket, in seconds.
        options: Arguments of `setsockopt`.

    Raises:
        AddressRefused: An address of the host is not public.
        OSError: The name does not resolve, or no address can be reached.
    """
    last: OSError = OSError("no address")
    for family, address in resolve_public(host, port):
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            for option in options:
                sock.setsockopt(*option)
            sock.settimeout(timeout)
            sock.connect(address)
        except OSError as error:
            sock.close()
            last = error
        else:
            return sock
    raise last


def origin(url: str) -> str:
    """Returns scheme, host and port of a URL in one spelling; "" when it names none."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError:
        return ""
    host = (parts.hostname or "").rstrip(".")
    try:
        host = str(ipaddress.ip_address(host))
    except ValueError:
        pass
    return f"{parts.scheme}://{host}:{port}" if host else ""


def leads_inside(url: str) -> bool:
    """Returns whether the host of a URL is, or resolves now to, an address that is not public.

    The look-up waits for three seconds at most. A name that does not resolve counts as public: the check of each
    connection (`resolve_public`) decides about it.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    found: list[bool] = []

    def look_up() -> None:
        try:
            resolve_public(host, parts.port or _PORTS.get(parts.scheme, 0))
        except AddressRefused:
            found.append(True)
        except (OSError, UnicodeError):
            pass

    # Python cannot end a look-up, so its thread is abandoned when the time is over.
    thread = threading.Thread(target=look_up, name="look-up", daemon=True)
    thread.start()
    thread.join(LOOKUP_S)
    return bool(found)


def host_allowed(host: str, port: int | None, allowed: Collection[str]) -> bool:
    """Returns whether an entry of `allowed` matches the host.

    Args:
        host: Host name of the URL, without port.
        port: Port of the URL, or None.
        allowed: Entries such as "api.example.com", ".example.com" (any subdomain) or "127.0.0.1:8081".
    """
    host = host.lower().rstrip(".")
    for entry in allowed:
        wanted = entry.strip().lower()
        if not wanted:
            continue
        if wanted in (host, f"{host}:{port}", f"[{host}]:{port}"):
            return True
        if wanted.startswith(".") and host.endswith(wanted):
            return True
    return False
