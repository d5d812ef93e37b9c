"""Chooses the proxy of a request from the environment: HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY.

Names in lower case win over those in upper case, as for curl. This machine is never reached through a proxy.
"""

from __future__ import annotations

import base64
import fnmatch
import ipaddress
import re
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import quote, unquote, urlsplit

from clawdbot.http.errors import HttpConnectionError
from clawdbot.reasons import Reason
from clawdbot.redaction import register_secret

_PORTS = {"http": 80, "https": 443, "socks4": 1080, "socks4a": 1080, "socks5": 1080, "socks5h": 1080}
# Desktops write "socks"; every such proxy speaks SOCKS 5 and can look up names.
_ALIASES = {"socks": "socks5h"}
_HOST = re.compile(r"[\w.-]+|[0-9A-Fa-f:.]+", re.ASCII)
_NUMBERS = re.compile(r"[0-9.*]+")
_QUOTES = " \t\r\n'\"“”‘’"


class ProxyUnusable(HttpConnectionError):
    """The environment names a proxy that cannot be used."""


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy; `scheme` is a key of `_PORTS`."""

    scheme: str
    host: str
    port: int
    username: str = field(default="", repr=False)
    password: str = field(default="", repr=False)

    @property
    def is_socks(self) -> bool:
        return self.scheme.startswith("socks")

    @property
    def shown(self) -> str:
        """The address without credentials."""
        return f"{self.scheme}://{self._place}"

    @property
    def url(self) -> str:
        """The address with credentials: for libraries only, never for a log."""
        login = f"{quote(self.username, safe='')}:{quote(self.password, safe='')}@" if self.username else ""
        return f"{self.scheme}://{login}{self._place}"

    @property
    def _place(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def headers(self) -> dict[str, str]:
        """Returns the header with the credentials for an HTTP proxy."""
        if not self.username:
            return {}
        login = base64.b64encode(f"{self.username}:{self.password}".encode()).decode()
        return {"Proxy-Authorization": f"Basic {login}"}


_settings: dict[str, str] | None = None


def configure_proxies(proxies: Mapping[str, str] | None) -> None:
    """Sets the proxies for outgoing requests.

    Args:
        proxies: Proxies by scheme, exceptions under "no": `{"https": "http://proxy:3128", "no": "localhost"}`. None,
            the default, reads the environment (on macOS and Windows else the system's settings) once.
    """
    global _settings
    _settings = dict(proxies) if proxies is not None else urllib.request.getproxies()
    proxy_for.cache_clear()


def clear_cache() -> None:
    """Reads the environment again at the next request."""
    global _settings
    _settings = None
    proxy_for.cache_clear()


def _configured() -> dict[str, str]:
    if _settings is None:
        configure_proxies(None)
    return _settings or {}


@lru_cache(maxsize=256)
def proxy_for(scheme: str, host: str, port: int | None = None) -> Proxy | None:
    """Returns the proxy for an address, or None.

    Args:
        scheme: "http" or "https"; of a socket "http" for ws and "https" for wss.
        host: Host name or IP address without brackets.
        port: Port of the address; None for the usual one.

    Raises:
        ProxyUnusable: The environment names a proxy that cannot be used. The message holds no part of its value.
    """
    settings = _configured()
    key = scheme if settings.get(scheme, "").strip(_QUOTES) else "all"
    value = settings.get(key, "").strip(_QUOTES)
    if not value or is_excepted(host, port or {"http": 80, "https": 443}.get(scheme), settings.get("no", "")):
        return None
    return parsed(value, f"{key.upper()}_PROXY")


def configured_proxies() -> list[tuple[str, Proxy | ProxyUnusable]]:
    """Returns the proxies of the environment by variable, for a diagnosis."""
    found: list[tuple[str, Proxy | ProxyUnusable]] = []
    for key in ("http", "https", "all"):
        if value := _configured().get(key, "").strip(_QUOTES):
            name = f"{key.upper()}_PROXY"
            try:
                found.append((name, parsed(value, name)))
            except ProxyUnusable as error:
                found.append((name, error))
    return found


def parsed(value: str, name: str) -> Proxy:
    """Returns the proxy of an address; an address without scheme is that of an HTTP proxy.

    Args:
        value: Address, e.g. "socks5h://127.0.0.1:1080".
        name: Variable that holds it, for the error.

    Raises:
        ProxyUnusable: The address is malformed or of an unknown kind.
    """
    scheme, separator, rest = value.partition("://")
    scheme = scheme.lower() if separator else "http"
    scheme = _ALIASES.get(scheme, scheme)
    try:
        parts = urlsplit(f"//{rest if separator else value}")
        host, port = parts.hostname or "", parts.port or _PORTS.get(scheme, 0)
        username, password = unquote(parts.username or ""), unquote(parts.password or "")
        host = host if ":" in host else host.encode("idna").decode()
    except ValueError:  # a port out of range, half an IPv6 address
        host = ""
    if scheme not in _PORTS or not _HOST.fullmatch(host) or parts.path not in ("", "/") or parts.query:
        raise ProxyUnusable(Reason("proxy_unusable", name=name))
    register_secret(password)
    return Proxy(scheme, host, port, username, password)


def is_excepted(host: str, port: int | None, exceptions: str) -> bool:
    """Returns whether a host is reached without a proxy.

    Args:
        host: Host name or IP address.
        port: Port of the address.
        exceptions: Value of NO_PROXY, separated by commas or spaces: names with all their sub-domains ("example.com",
            ".example.com", "*.example.com"), addresses and networks ("10.0.0.0/8", "192.168.*"), each with or without a
            port; "*" for every host.
    """
    host = host.lower().rstrip(".")
    address = _address(host)
    if host == "localhost" or host.endswith(".localhost") or (address is not None and address.is_loopback):
        return True
    entries = re.split(r"[,;\s]+", exceptions.lower().strip(_QUOTES))
    return any(_matches(entry, host, address, port) for entry in entries if entry)


def _matches(
    entry: str, host: str, address: ipaddress.IPv4Address | ipaddress.IPv6Address | None, port: int | None
) -> bool:
    if entry == "*":
        return True
    if "/" in entry:
        try:
            return address is not None and address in ipaddress.ip_network(entry, strict=False)
        except ValueError:
            return False
    name, named_port = _split(entry)
    if named_port is not None and named_port != port:
        return False
    if address is not None:
        return _address(name) == address or ("*" in name and bool(_NUMBERS.fullmatch(name)) and _fits(host, name))
    name = name.removeprefix("*").lstrip(".").rstrip(".")
    return bool(name) and (host == name or host.endswith(f".{name}") or ("*" in name and _fits(host, name)))


def _fits(host: str, pattern: str) -> bool:
    return fnmatch.fnmatchcase(host, pattern)


def _split(entry: str) -> tuple[str, int | None]:
    """Returns name and port of an exception; an IPv6 address has a port only after brackets."""
    if entry.startswith("["):
        name, _, rest = entry[1:].partition("]")
        return name, int(rest[1:]) if rest[1:].isdecimal() else None
    name, _, port = entry.rpartition(":")
    return (name, int(port)) if port.isdecimal() and name and ":" not in name else (entry, None)


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host.split("%", 1)[0])
    except ValueError:
        return None
