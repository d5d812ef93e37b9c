"""Parses untrusted JSON; checks size and depth before it parses."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

from bots.edge.json_depth import too_deep
from bots.edge.problems import Problem

_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


class BoundedJSONParser(JSONParser):
    """Parses UTF-8 JSON within the limits of the settings; refuses NaN, Infinity and lone surrogates."""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        limits = settings.CLAWDBOT.limits
        body = stream.read(limits.body_bytes + 1)
        if len(body) > limits.body_bytes:
            raise Problem(413, f"The body is larger than {limits.body_bytes} bytes.")
        if too_deep(body, limits.json_depth):
            raise ParseError("The body is nested too deeply.")
        try:
            value = json.loads(body.decode("utf-8"), parse_constant=_refuse)
            if _SURROGATE.search(body):
                json.dumps(value, ensure_ascii=False).encode("utf-8")  # refuses lone surrogates
        except (ValueError, RecursionError):
            raise ParseError("The body is not JSON.") from None
        return value


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")
