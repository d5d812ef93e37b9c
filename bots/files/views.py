"""Serves sent files by their signed URL."""

from __future__ import annotations

import re

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from bots.files import signed_urls
from bots.models import SentFile

# Types that a browser may show inline; all others are downloaded, because an SVG or a page could hold a script.
_SHOWN = re.compile(r"image/(png|jpeg|gif|webp)|audio/[\w.+-]+|video/[\w.+-]+")
_RANGE = re.compile(r"bytes=(\d{1,15})-(\d{0,15})")


@require_safe
def sent_file(request: HttpRequest, token: str, name: str) -> HttpResponseBase:
    """Serves `/files/<token>/<name>` to anybody who has the URL, until it expires or the file is erased."""
    row = signed_urls.find(token)
    if row is None:
        raise Http404
    try:
        body = _body(row)
    except FileNotFoundError:
        raise Http404 from None
    shown = _SHOWN.fullmatch(row.content_type)
    response = _answer(body, request.headers.get("range", ""))
    response["Content-Type"] = row.content_type if shown else "application/octet-stream"
    response["Content-Disposition"] = _disposition(row.name, attachment=not shown or "download" in request.GET)
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["X-Content-Type-Options"] = "nosniff"
    response["Referrer-Policy"] = "no-referrer"
    response["Cache-Control"] = "private, max-age=3600"
    response["Accept-Ranges"] = "bytes"
    return response


def _body(row: SentFile) -> bytes:
    with row.file.open("rb") as opened:
        return bytes(opened.read())


def _answer(body: bytes, wanted: str) -> HttpResponse:
    """Returns the whole file or the requested byte range, which Safari needs to play media."""
    found = _RANGE.fullmatch(wanted)
    if found is None:
        return HttpResponse(body)
    first, last = int(found[1]), min(int(found[2] or len(body)), len(body) - 1)
    if first > last:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{len(body)}"})
    response = HttpResponse(body[first : last + 1], status=206)
    response["Content-Range"] = f"bytes {first}-{last}/{len(body)}"
    return response


def _disposition(name: str, *, attachment: bool) -> str:
    return content_disposition_header(attachment, name) or "inline"
