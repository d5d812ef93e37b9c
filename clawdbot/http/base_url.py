"""Reads the base address of an OpenAI-compatible API as people write it."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import SplitResult, parse_qsl, urlsplit

from clawdbot.errors import ClawdbotError
from clawdbot.reasons import Reason

_WRAPPING = " \"'`“”‘’«»<>「」『』,;，；。"
_BREAKS = re.compile(r"\s*[\r\n\t\u2028\u2029]\s*")
_INVISIBLE = re.compile(r"[\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff\x00-\x1f\x7f]+")
_SCHEME = re.compile(r"^(https?)(?::[/\\]*|/{2,})(?=[^/\\])", re.IGNORECASE)
_REPEATED = re.compile(r"^(https?:[/\\]+)+", re.IGNORECASE)
_OTHER_SCHEME = re.compile(r"^[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_HOST = re.compile(r"[\w.-]+|[0-9A-Fa-f:.]+")
_PATH = re.compile(r"(/[^\s?#\\]*)?")
# Addresses of single calls, which stand in examples.
_CALL = re.compile(
    r"(/(chat/completions?|completions?|embeddings|responses|models(/[^/]*)?|messages|audio(/\w+)?)|(?<=/v\d)/chat)/*$",
    re.IGNORECASE,
)
_OLLAMA_CALL = re.compile(r"/api(/(chat|generate|tags|show|version|embed|embeddings|ps))?$", re.IGNORECASE)
_OLLAMA_PORT = 11434
_VERSION = re.compile(r"/v\d+[a-z0-9]*(/|$)")
_AZURE = re.compile(r"\.(openai\.azure|cognitiveservices\.azure|services\.ai\.azure)\.(com|us|cn)$")
_SECRETS = frozenset({"key", "api_key", "api-key", "apikey", "token", "access_token", "secret"})


class AddressUnusable(ClawdbotError):
    """The address cannot be used; the reason says how to write it."""

    permanent = True


def normal(text: str, *, versioned: bool = True) -> str:
    """Returns the base address: without white space, quotes, the path of a call, a fragment or a slash at the end.

    An address without scheme gets one: http for this machine, private addresses and other ports, else https. A query
    stays, because some endpoints need it. "" stays "".

    Args:
        text: What somebody typed.
        versioned: Adds /v1 to an address without path.

    Raises:
        AddressUnusable: It is no http or https address, or it holds a key or credentials.
    """
    cleaned = _INVISIBLE.sub("", _BREAKS.sub("", unicodedata.normalize("NFKC", text))).strip(_WRAPPING)
    if not cleaned:
        return ""
    parts = _parts(cleaned)
    host = parts.hostname or ""
    path = _base_path(re.sub(r"/{2,}", "/", parts.path), host, parts.port) or ("/v1" if versioned else "")
    query = parts.query.strip("&")
    if is_azure(host) and "/deployments/" in path and "api-version" not in query:
        raise AddressUnusable(Reason("address_needs_api_version"))
    shown = f"[{host}]" if ":" in host else host
    port = f":{parts.port}" if parts.port is not None else ""
    return f"{parts.scheme}://{shown}{port}{path}" + (f"?{query}" if query else "")


def split_query(address: str) -> tuple[str, dict[str, str]]:
    """Returns the address without its query, and the query's parameters, which each request repeats."""
    base, _, query = address.partition("?")
    return base.rstrip("/"), dict(parse_qsl(query, keep_blank_values=True))


def other_form(base: str) -> str:
    """Returns the address with /v1 at its end if it has no version, else without it; "" if there is no other form."""
    if base.endswith("/v1"):
        return base.removesuffix("/v1")
    return "" if _VERSION.search(urlsplit(base).path) else f"{base.rstrip('/')}/v1"


def key_headers(base: str, api_key: str) -> dict[str, str]:
    """Returns the headers that carry the key: Azure reads its own."""
    if not api_key:
        return {}
    own = {"api-key": api_key} if is_azure(urlsplit(base).hostname or "") else {}
    return {"Authorization": f"Bearer {api_key}", **own}


def is_azure(host: str) -> bool:
    """Returns whether this is the host of an Azure resource, where models are named by their deployments."""
    return _AZURE.search(host) is not None


def _parts(cleaned: str) -> SplitResult:
    scheme = _SCHEME.match(cleaned)
    if scheme is not None:
        cleaned = f"{scheme[1].lower()}://{_REPEATED.sub('', cleaned[scheme.end() :])}"
    elif _OTHER_SCHEME.match(cleaned):
        raise AddressUnusable(Reason("address_not_http"))
    else:
        cleaned = _with_scheme(cleaned.lstrip(":/\\"))
    try:
        parts = urlsplit(cleaned)
        usable = _HOST.fullmatch(parts.hostname or "") and (parts.port is None or parts.port > 0)
    except ValueError:
        raise AddressUnusable(Reason("address_not_http")) from None
    if parts.username is not None or parts.password is not None:
        raise AddressUnusable(Reason("address_with_credentials"))
    if not usable or not _PATH.fullmatch(parts.path):
        raise AddressUnusable(Reason("address_not_http"))
    if any(name.lower() in _SECRETS for name, _ in parse_qsl(parts.query, keep_blank_values=True)):
        raise AddressUnusable(Reason("address_with_key"))
    return parts


def _with_scheme(place: str) -> str:
    """Returns the address with http for what is usually not encrypted, else with https."""
    try:
        parts = urlsplit(f"//{place}")
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return place
    near = "." not in host or re.fullmatch(r"[0-9.]+", host) or host.endswith((".local", ".internal", ".lan"))
    if near and host != "localhost" and port is None and not re.search(r"[.:]", host):
        raise AddressUnusable(Reason("address_not_http"))  # a word is no address
    plain = near or port not in (None, 443, 8443)
    return f"{'http' if plain else 'https'}://{place}"


def _base_path(path: str, host: str, port: int | None) -> str:
    path = path.rstrip("/")
    if _OLLAMA_CALL.search(path) and (port == _OLLAMA_PORT or not path.lower().endswith("/api")):
        return _OLLAMA_CALL.sub("/v1", path)
    path = _CALL.sub("", path).rstrip("/")
    return "/openai/v1" if is_azure(host) and path in ("", "/openai") else path
