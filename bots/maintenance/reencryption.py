"""Re-encrypts all stored credentials after a rotation of the encryption key."""

from __future__ import annotations

from django.db import models

from bots.models import AlarmTarget, Channel, ModelProvider
from clawdbot import crypto
from memory.models import EmbedderChoice
from skills.models import BotSkill, FlowDefinition, McpServer, Skill, ToolCall

_FIELDS: tuple[tuple[type[models.Model], str], ...] = (
    (Channel, "credentials_encrypted"),
    (ModelProvider, "api_key_encrypted"),
    (EmbedderChoice, "api_key_encrypted"),
    (EmbedderChoice, "seeded_encrypted"),
    (McpServer, "secrets_encrypted"),
    (ToolCall, "sealed"),
    (Skill, "secrets_encrypted"),
    (BotSkill, "secrets_encrypted"),
    (FlowDefinition, "secret_encrypted"),
    (AlarmTarget, "secret_encrypted"),
)


def reencrypt() -> tuple[int, list[str]]:
    """Encrypts all credentials with the newest key. Idempotent, and safe to interrupt at any point.

    Returns:
        The number of re-encrypted values, and the rows whose key is missing (enter their credentials again).
    """
    done, lost = 0, []
    for model, field in _FIELDS:
        for pk, token in model._default_manager.exclude(**{field: ""}).values_list("pk", field).iterator():
            try:
                fresh = crypto.rotate(token)
            except crypto.DecryptionError:
                lost.append(f"{model._meta.verbose_name} {pk}")
                continue
            # The filter skips credentials that were changed meanwhile: they are encrypted with the newest key already.
            done += model._default_manager.filter(pk=pk, **{field: token}).update(**{field: fresh})
    return done, lost
