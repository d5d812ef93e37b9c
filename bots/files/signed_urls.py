"""Signed URLs of sent files. The holder of a URL can fetch that file until the URL expires."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import quote

from django.conf import settings
from django.core import signing
from django.templatetags.static import static
from django.urls import reverse

from bots.models import SentFile

SALT = "clawdbot.sent-file"
LIFETIME = timedelta(days=7)
MAX_LENGTH = 200


def path(file_id: int, name: str) -> str:
    """Returns the URL path. The name in it is only shown to people and used when they save the file."""
    return reverse("sent-file", args=[signing.dumps(file_id, salt=SALT), quote(name.replace("/", "_"))])


def public(file_id: int, name: str) -> str:
    """Returns the public URL; "" when no public URL is configured."""
    return _absolute(path(file_id, name))


def public_preview(kind: str) -> str:
    """Returns the public URL of a preview picture, for platforms that need one; "" when no public URL is configured."""
    return _absolute(static("chat/picture.png" if kind == "image" else "chat/film.png"))


def _absolute(local: str) -> str:
    base = settings.CLAWDBOT.web.public_url.rstrip("/")
    return f"{base}{local}" if base else ""


def find(token: str) -> SentFile | None:
    """Returns the file of a token; None if the token is forged or expired, or the file is deleted."""
    try:
        file_id = signing.loads(token, salt=SALT, max_age=LIFETIME) if len(token) <= MAX_LENGTH else None
    except (signing.BadSignature, ValueError):
        return None
    return SentFile.objects.filter(pk=file_id).first() if isinstance(file_id, int) else None
