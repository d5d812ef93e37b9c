"""Fetches a page: public addresses only, each redirect checked, with limits on time and size."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import quote, urljoin, urlsplit

from clawdbot import http
from clawdbot.http.addresses import origin

TOTAL_S = 12.0
_TIMEOUT = (4.0, 8.0)
MAX_BYTES = 3 * 1024 * 1024
MAX_HOPS = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_READABLE = frozenset(
    {
        "text/html",
        "application/xhtml+xml",
        "text/plain",
        "text/markdown",
        "text/x-markdown",
        "application/json",
        "text/csv",
    }
)
_ACCEPT = "text/html, application/xhtml+xml, text/plain;q=0.9, text/markdown;q=0.9, */*;q=0.1"
# A server that answers many of these refuses readers that are no browser, or wants a login or money.
# What an address holds as it is; Chinese in a path is encoded.
_AS_WRITTEN = "%!#$&'()*+,/:;=?@[]~|\\^{}`\" "
_CLOSED = {
    401: "closed",
    402: "closed",
    403: "closed",
    407: "closed",
    451: "closed",
    404: "gone",
    410: "gone",
    429: "busy",
}


class Unreadable(Exception):
    """The page cannot be read.

    Attributes:
        code: "closed", "gone", "busy", "failed", "type", "large", "slow", "private", "unreachable", "redirects" or
            "url".
        detail: The status or content type; "" for none.
    """

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code, detail)
        self.code, self.detail = code, detail


@dataclass(frozen=True, slots=True)
class Page:
    """A fetched page: its final address, its media type, the charset of the header, and its bytes."""

    url: str
    type: str
    charset: str
    body: bytes


def fetch(url: str, language: str, trusted: Collection[str] = ()) -> Page:
    """Returns the page at an address.

    Args:
        url: The address; "https://" is added when it names no scheme.
        language: Language to ask for.
        trusted: Addresses of the configuration, whose hosts may be in a private network.

    Raises:
        Unreadable: There is no page, or nothing that can be read.
    """
    inside = frozenset(filter(None, map(origin, trusted)))
    address = quote(url if "://" in url else f"https://{url}", safe=_AS_WRITTEN)
    headers = {"Accept": _ACCEPT, "Accept-Language": "zh-CN, zh;q=0.9, en;q=0.5" if language.startswith("zh") else "en"}
    with http.within(TOTAL_S):
        for _hop in range(MAX_HOPS + 1):
            response = _request(address, headers, public_only=origin(address) not in inside)
            location = response.headers.get("Location") if response.status in _REDIRECTS else None
            if not location:
                return _page(response, address)
            address = quote(urljoin(address, location), safe=_AS_WRITTEN)
    raise Unreadable("redirects")


def _request(url: str, headers: dict[str, str], *, public_only: bool) -> http.HttpResponse:
    try:
        return http.request("GET", url, timeout=_TIMEOUT, headers=headers, max_bytes=MAX_BYTES, public_only=public_only)
    except http.AddressRefused:
        raise Unreadable("private") from None
    except http.InvalidUrl:
        raise Unreadable("url") from None
    except http.ResponseTooLarge:
        raise Unreadable("large") from None
    except http.HttpTimeout:
        raise Unreadable("slow") from None
    except http.HttpError:
        raise Unreadable("unreachable", urlsplit(url).hostname or "") from None


def _page(response: http.HttpResponse, url: str) -> Page:
    if not response.ok:
        raise Unreadable(_CLOSED.get(response.status, "failed"), str(response.status))
    kind, _semicolon, parameters = response.headers.get("Content-Type", "").partition(";")
    kind = kind.strip().lower() or ("text/html" if response.body.lstrip()[:1] == b"<" else "text/plain")
    if kind not in _READABLE:
        raise Unreadable("type", kind[:60])
    charset = ""
    for parameter in parameters.split(";"):
        name, _equals, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            charset = value.strip(" \"'")
    return Page(url, kind, charset, response.body)
