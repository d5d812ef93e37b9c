"""Encrypts every stored credential anew after the encryption key was rotated."""

from __future__ import annotations

from django.db import models

from bots.models import Channel, ModelProvider
from clawdbot import crypto
from memory.models import EmbedderChoice

_FIELDS: tuple[tuple[type[models.Model], str], ...] = (
    (Channel, "credentials_encrypted"),
    (ModelProvider, "api_key_encrypted"),
    (EmbedderChoice, "api_key_encrypted"),
    (EmbedderChoice, "seeded_encrypted"),
)


def reencrypt() -> tuple[int, list[str]]:
    """Encrypts all credentials with the newest key. May be repeated and may be cut short at any point.

    Returns:
        How many were encrypted, and the rows whose key is gone (their credentials must be entered again).
    """
    done, lost = 0, []
    for model, field in _FIELDS:
        for pk, token in model._default_manager.exclude(**{field: ""}).values_list("pk", field).iterator():
            try:
                fresh = crypto.rotate(token)
            except crypto.DecryptionError:
                lost.append(f"{model._meta.verbose_name} {pk}")
                continue
            # Somebody may have saved other credentials meanwhile; those are encrypted with the newest key already.
            done += model._default_manager.filter(pk=pk, **{field: token}).update(**{field: fresh})
    return done, lost
