"""Reads the embedder configuration: the stored row, or the settings while there is no row.

The row is read again every two seconds, so a change in the admin reaches every process without a message.
"""

from __future__ import annotations

import logging
import time
from typing import Any

from django.conf import settings
from django.db import DatabaseError
from django.utils import timezone

from clawdbot import crypto
from clawdbot.cached_value import CachedValue
from clawdbot.reasons import Why, columns, from_columns, why
from memory import database
from memory.embedders.base import Spec
from memory.errors import EmbedderResting, EmbedderUnavailable
from memory.models.embedder import EmbedderChoice

logger = logging.getLogger(__name__)

OK_EVERY_S = 30.0
ERROR_EVERY_S = 10.0
# The state that this process wrote last: whether the embedder failed, and when it was written.
_noted: tuple[bool, float] = (False, float("-inf"))


def spec() -> Spec:
    """Returns the configured embedder, at most two seconds old."""
    return held.get()[0] or of_settings()


def trouble() -> Why:
    """Returns the latest error of the embedder in any process; "" while it works or its state is unknown."""
    return held.get()[1]


def read() -> tuple[Spec | None, Why]:
    """Reads the embedder of the row, and its latest error."""
    row = stored()
    return of_row(row) if row else None, from_columns(row, "last_error") if row and row.failing else ""


held = CachedValue(read, 2.0)


def stored() -> EmbedderChoice | None:
    """Returns the row; None before the first start of the product."""
    return EmbedderChoice.objects.filter(pk=1).first()


def of_row(row: EmbedderChoice) -> Spec:
    try:
        key = row.api_key
    except crypto.CryptoError:
        # Go on without a key, so that lexical recall works; the endpoint will refuse the requests.
        logger.warning("the API key of the embedder cannot be decrypted: enter it again in the admin")
        key = ""
    return Spec(row.kind, row.model, row.endpoint.rstrip("/"), key, row.dimension, row.timeout_s, row.public_only)


def of_settings() -> Spec:
    search = settings.CLAWDBOT.semantic_search
    return Spec(
        search.embedder, search.model, search.endpoint.rstrip("/"), search.api_key.get_secret_value(), search.dimension
    )


def seed() -> EmbedderChoice:
    """Copies the settings into the row at the first start and after the settings change; else changes nothing."""
    wanted = of_settings()
    values = {
        "kind": wanted.kind,
        "model": wanted.model,
        "endpoint": wanted.endpoint,
        "api_key": wanted.api_key,
        "dimension": wanted.dimension,
    }
    with database.atomic():
        row = stored() or EmbedderChoice()
        if row.seeded_encrypted and _opened(row.seeded_encrypted) == values:
            return row
        for name, value in values.items():
            setattr(row, name, value)
        row.seeded_encrypted = crypto.encrypt_json(values)
        row.public_only = False  # who writes the settings may enter any address
        row.last_error_at = row.last_ok_at = None
        row.save()
    clear_cache()
    logger.info("embedder taken over from the settings: %s", row)
    return row


def _opened(token: str) -> dict[str, object] | None:
    try:
        return crypto.decrypt_json(token)
    except crypto.CryptoError:
        return None


def note(error: EmbedderUnavailable | None = None, *, routine: bool = True) -> None:
    """Records the latest success or error in the row, for the admin and /readyz.

    Call it where the database may be used. Repeated results are written at intervals only.

    Args:
        error: the failure; None for a success.
        routine: False writes a success only if it ends a failure, to keep recalls fast.
    """
    global _noted
    if isinstance(error, EmbedderResting):
        return
    failed, at = _noted
    now = time.monotonic()
    if error is None and not failed and (not routine or now - at < OK_EVERY_S):
        return
    if error is not None and failed and now - at < ERROR_EVERY_S:
        return
    moment = timezone.now()
    values: dict[str, Any] = {"last_ok_at": moment}
    if error is not None:
        values = {"last_error_at": moment, **columns("last_error", why(error), 300)}
    try:
        EmbedderChoice.objects.filter(pk=1).update(**values)
    except DatabaseError:
        logger.warning("could not note the state of the embedder")
    else:
        _noted = (error is not None, now)


def clear_cache() -> None:
    """Reads the row again at the next call, and writes the next result of the embedder at once."""
    global _noted
    held.clear()
    _noted = (False, float("-inf"))
