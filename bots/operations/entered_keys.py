"""Reads an API key as people paste it: with the header's name, quotes, a line break or full-width letters."""

from __future__ import annotations

import re
import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from bots.i18n.failure_texts import labelled
from bots.models.provider import check_api_key
from bots.operations.errors import OperationError

_INVISIBLE = re.compile(r"[\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff\x00-\x1f\x7f]+")
_QUOTES = " \"'`“”‘’„«»「」『』,;，；。"
# `export OPENAI_API_KEY=…`, `"api_key": …`, `Authorization: Bearer …`, `x-api-key: …`
_BEFORE = re.compile(
    r"^(?:(?:export|set)\s+)?[\"']?[A-Za-z_-]*(?:key|token|authorization)[\"']?\s*[:=]\s*|^-H\s+", re.IGNORECASE
)
_BEARER = re.compile(r"^bearer[\s:]+", re.IGNORECASE)


def cleaned(entered: str) -> str:
    """Returns the key without what people copy with it. What is inside of the key stays as it is."""
    key = _INVISIBLE.sub("", unicodedata.normalize("NFKC", entered)).strip(_QUOTES)
    for _round in range(3):
        before = key
        key = _BEARER.sub("", _BEFORE.sub("", key)).strip(_QUOTES)
        if key == before:
            break
    return key


def sendable(entered: str) -> str:
    """Returns the cleaned key.

    Raises:
        OperationError: No header can carry it.
    """
    key = cleaned(entered)
    try:
        check_api_key(key)
    except ValidationError as error:
        raise OperationError(labelled(_("API key"), str(error.message))) from None
    return key
