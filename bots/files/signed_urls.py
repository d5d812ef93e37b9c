"""Signed addresses of files that answers carry: whoever holds one may fetch that file for some days."""

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
    """The address below this site. The name is only for people and for what they save."""
    return reverse("sent-file", args=[signing.dumps(file_id, salt=SALT), quote(name.replace("/", "_"))])


def public(file_id: int, name: str) -> str:
    """The address for the world; "" when the product has no public one."""
    return _world(path(file_id, name))


def public_preview(kind: str) -> str:
    """A small picture that stands for a film or a large picture, where a platform wants one; "" as above."""
    return _world(static("chat/picture.png" if kind == "image" else "chat/film.png"))


def _world(local: str) -> str:
    base = settings.CLAWDBOT.web.public_url.rstrip("/")
    return f"{base}{local}" if base else ""


def find(token: str) -> SentFile | None:
    """The file of a token; None when it is forged, outlived, or the file is gone."""
    try:
        file_id = signing.loads(token, salt=SALT, max_age=LIFETIME) if len(token) <= MAX_LENGTH else None
    except (signing.BadSignature, ValueError):
        return None
    return SentFile.objects.filter(pk=file_id).first() if isinstance(file_id, int) else None
