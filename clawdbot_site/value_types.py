"""Value types of settings."""

from __future__ import annotations

import json
import os
import re
import zoneinfo
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, BeforeValidator, Field

from clawdbot.http import base_url


def _http_address(value: str) -> str:
    """Validates an http(s) address and removes trailing slashes. Allows ""."""
    parts = urlsplit(value)
    if value and (parts.scheme not in ("http", "https") or not parts.hostname):
        raise ValueError("must begin with http:// or https:// and name a host")
    if re.search(r"\s", value) or not _is_port_valid(parts):
        raise ValueError("is no address: a port is a number up to 65535, and there is no white space")
    return value.rstrip("/").replace(value[: len(parts.scheme)], parts.scheme, 1)


def _base_address(value: str) -> str:
    """Returns the base address of an OpenAI-compatible API as requests need it."""
    try:
        return base_url.normal(value, versioned=False)
    except base_url.AddressUnusable as error:
        raise ValueError(str(error)) from None


def _is_port_valid(parts: SplitResult) -> bool:
    try:
        return parts.port != 0
    except ValueError:
        return False


def _named(value: Any) -> Any:
    if value == "":
        raise ValueError("must name a folder")
    return value


def _absolute_path(value: Path) -> Path:
    """Resolves a relative path from the working directory of the process."""
    expanded = os.path.expanduser(value)
    if expanded.startswith("~"):
        raise ValueError("begins with ~ and no user of this machine: set CLAWDBOT_HOME")
    if "\0" in expanded:
        raise ValueError("must not hold the character NUL")
    return Path(expanded).absolute()


def _json_object(value: dict[str, Any]) -> dict[str, Any]:
    """Refuses what a row cannot keep."""
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        raise ValueError("must be what JSON can hold: write dates in quotes, and no value within itself") from None
    return value


def _known_time_zone(value: str) -> str:
    try:
        zoneinfo.ZoneInfo(value)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("is not a known time zone, e.g. Asia/Shanghai") from None
    return value


def _time_of_day(value: Any) -> Any:
    """Takes 3:10 and 03:10. YAML reads 13:10 without quotes as a number of the base 60."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 24 * 60:
        return f"{value // 60:02}:{value % 60:02}"
    if not isinstance(value, str) or not value.strip():
        return value
    found = re.fullmatch(r"(\d{1,2}):(\d{2})", value.strip())
    if found is None or int(found[1]) > 23 or int(found[2]) > 59:
        raise ValueError('must be a time of day in quotes, e.g. "03:10"')
    return f"{int(found[1]):02}:{found[2]}"


BaseAddress = Annotated[str, AfterValidator(_base_address)]
HttpAddress = Annotated[str, AfterValidator(_http_address)]
AbsolutePath = Annotated[Path, BeforeValidator(_named), AfterValidator(_absolute_path)]
JsonObject = Annotated[dict[str, Any], AfterValidator(_json_object)]
TimeZone = Annotated[str, AfterValidator(_known_time_zone)]
TimeOfDay = Annotated[str, BeforeValidator(_time_of_day)]
Port = Annotated[int, Field(ge=0, le=65535)]
