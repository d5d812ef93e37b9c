"""Value types of settings."""

from __future__ import annotations

import zoneinfo
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field


def _http_address(value: str) -> str:
    """Validates an http(s) address and removes trailing slashes. Allows ""."""
    parts = urlsplit(value)
    if value and (parts.scheme not in ("http", "https") or not parts.hostname):
        raise ValueError("must begin with http:// or https:// and name a host")
    return value.rstrip("/")


def _absolute_path(value: Path) -> Path:
    """Resolves a relative path from the working directory of the process."""
    return value.expanduser().absolute()


def _known_time_zone(value: str) -> str:
    try:
        zoneinfo.ZoneInfo(value)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("is not a known time zone, e.g. Asia/Shanghai") from None
    return value


HttpAddress = Annotated[str, AfterValidator(_http_address)]
AbsolutePath = Annotated[Path, AfterValidator(_absolute_path)]
TimeZone = Annotated[str, AfterValidator(_known_time_zone)]
Port = Annotated[int, Field(ge=0, le=65535)]
