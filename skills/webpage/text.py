"""Makes readable text of a page: charset, title, main text, and what the page says about its readers."""

from __future__ import annotations

import codecs
import html
import re
from dataclasses import dataclass

from clawdbot.storable_text import storable
from skills.webpage.fetching import Page
from skills.webpage.main_text import main_text

_META_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_.:-]{2,40})", re.IGNORECASE)
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_TITLE = re.compile(r"<title[^<>]{0,200}>(.{0,2000}?)</title", re.IGNORECASE | re.DOTALL)
_OG_TITLE = re.compile(
    r"<meta[^<>]{1,300}(?:property|name)=[\"'](?:og:title|twitter:title)[\"'][^<>]{1,300}content=[\"']([^\"']{1,300})",
    re.IGNORECASE,
)
_SCRIPT = re.compile(r"<script\b", re.IGNORECASE)
_CHALLENGE = re.compile(
    r"just a moment\.\.\.|cf-chl|challenge-platform|captcha|are you a robot|verify you are human"
    r"|unusual traffic|人机验证|安全验证|请完成验证|滑动验证",
    re.IGNORECASE,
)
_PAYWALL = re.compile(r"\"isAccessibleForFree\"\s*:\s*\"?false", re.IGNORECASE)
_SENTENCE = re.compile(r"[^。！？!?\n]*?(?:[。！？!?]+[”’\"')）」]*|(?<=[^\d.\s]{2})\.(?=\s|$)|\n|$)", re.DOTALL)
_LEAST_TEXT = 40  # characters; a page with scripts and less text builds itself in the browser
_LONGEST_TITLE = 200
_LONGEST_HEAD = 100_000
_LONGEST_SOURCE = 1_500_000
_CHALLENGE_LONGEST = 1500


@dataclass(frozen=True, slots=True)
class Readable:
    """The words of a page.

    Attributes:
        obstacle: "script" for a page that needs JavaScript, "robot" for one that refuses automatic readers, "empty" for
            one without text; "" when it can be read.
        partly: The page says that only a part of it is free.
    """

    title: str
    text: str
    obstacle: str = ""
    partly: bool = False


def readable(page: Page) -> Readable:
    """Returns title and text of a page."""
    source = decoded(page.body, page.charset)
    if page.type not in ("text/html", "application/xhtml+xml"):
        text = _tidied(source)
        return Readable("", text, "" if text else "empty")
    title = _title(source)
    text = _without_title(_tidied(main_text(source[:_LONGEST_SOURCE])), title)
    return Readable(title, text, _obstacle(source, title, text), bool(_PAYWALL.search(source)))


def decoded(body: bytes, charset: str) -> str:
    """Decodes a page: byte order mark, header, <meta>, UTF-8, then GB18030; what does not fit is replaced."""
    for mark, encoding in _BOMS:
        if body.startswith(mark):
            return body.decode(encoding, "replace")
    named = [charset, *(found.decode("ascii") for found in _META_CHARSET.findall(body[:4096])[:1]), "utf-8", "gb18030"]
    for errors in ("strict", "replace"):
        for name in named:
            try:
                # GB2312 pages hold characters of its larger successors.
                return body.decode("gb18030" if name.lower() in ("gb2312", "gbk") else name, errors)
            except (LookupError, UnicodeError, ValueError):
                continue
    return ""


def first_sentences(text: str, longest: int) -> str:
    """Returns the first whole sentences that fit into `longest` characters, the beginning of the first one at least."""
    found = ""
    for sentence in sentences(text):
        space = "" if not found or found[-1] in "。！？" else " "
        if found and len(found) + len(space) + len(sentence) > longest:
            break
        found = f"{found}{space}{sentence}"
    return found if len(found) <= longest else f"{found[: longest - 1]}…"


def sentences(text: str) -> list[str]:
    """Returns the sentences of a text; a line without a full stop counts as one."""
    return [part for found in _SENTENCE.finditer(text) if (part := " ".join(found[0].split()))]


def _title(source: str) -> str:
    head = source[:_LONGEST_HEAD]
    found = _TITLE.search(head) or _OG_TITLE.search(head)
    title = storable(" ".join(html.unescape(found[1]).split())) if found else ""
    return title if len(title) <= _LONGEST_TITLE else f"{title[: _LONGEST_TITLE - 1]}…"


def _without_title(text: str, title: str) -> str:
    first, _newline, rest = text.partition("\n")
    return rest.strip() if title and first.strip() == title else text


def _obstacle(source: str, title: str, text: str) -> str:
    if len(text) < _CHALLENGE_LONGEST and _CHALLENGE.search(f"{title}\n{text}\n{source[:20_000]}"):
        return "robot"
    if len(text) < _LEAST_TEXT and _SCRIPT.search(source):
        return "script"
    return "" if text else "empty"


def _tidied(text: str) -> str:
    lines = [" ".join(line.split()) for line in storable(text).splitlines()]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
