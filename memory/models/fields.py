"""Column types that Django lacks."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext

from clawdbot.http import base_url
from clawdbot.reason_templates import TEMPLATES
from clawdbot.reasons import why


class DigestField(models.BinaryField[Any, Any]):
    """A hash of `max_length` bytes that every database can index.

    On MySQL Django's own field is a BLOB, which cannot be indexed as a whole.
    """

    def db_type(self, connection: Any) -> str | None:
        return f"varbinary({self.max_length})" if connection.vendor == "mysql" else super().db_type(connection)


class BaseUrlField(models.CharField[Any, Any]):
    """The base address of an OpenAI-compatible API; cleaning brings it into the form that requests need.

    Its validators are those that the column's migrations name. `normal_or_refused` replaces the pattern among them.

    Args:
        versioned: See `clawdbot.http.base_url.normal`.
    """

    def __init__(self, *args: Any, versioned: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._versioned = versioned

    def clean(self, value: Any, model_instance: models.Model | None) -> Any:
        return super().clean(normal_or_refused(str(value or ""), versioned=self._versioned), model_instance)

    def run_validators(self, value: Any) -> None:
        if len(value) > (self.max_length or len(value)):
            raise ValidationError(gettext("must not be longer than %(n)s characters") % {"n": self.max_length})

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.CharField", args, kwargs


def normal_or_refused(text: str, *, versioned: bool = True) -> str:
    """Returns the base address as requests need it.

    Raises:
        ValidationError: It cannot be used; the text, in the active language, says how to write it.
    """
    try:
        return base_url.normal(text, versioned=versioned)
    except base_url.AddressUnusable as error:
        reason = error.reason
        raise ValidationError(gettext(TEMPLATES[reason.code]) if reason is not None else str(why(error))) from None
