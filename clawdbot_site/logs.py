"""Structured logs: one JSON object a line, or readable text on a terminal; never a secret, always the request id."""

from __future__ import annotations

import sys
from typing import Any

import structlog

from clawdbot import request_id


def add_request_id(logger: Any, method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Adds the id that follows one message from the webhook to the delivery."""
    if current := request_id.current():
        event.setdefault("request_id", current)
    return event


def drop_objects(logger: Any, method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Drops what Django attaches for its own error mails: a request object says nothing in a line of text."""
    event.pop("request", None)
    return event


_SHARED: list[structlog.typing.Processor] = [
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    add_request_id,
    structlog.stdlib.ExtraAdder(),
    drop_objects,
]


def is_json(style: str, debug: bool) -> bool:
    """Whether logs are JSON; `auto` means JSON unless a person is looking."""
    return style == "json" or (style == "auto" and not debug and not sys.stderr.isatty())


def configuration(level: str, style: str, debug: bool) -> dict[str, Any]:
    """Django's LOGGING; the standard library's loggers and structlog's go the same way.

    Args:
        level: Least severity.
        style: json, console or auto.
        debug: Developers' mode.
    """
    renderer: structlog.typing.Processor
    if is_json(style, debug):
        renderer = structlog.processors.JSONRenderer(ensure_ascii=False)
    else:
        renderer = structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    structlog.configure(
        processors=[*_SHARED[:-2], structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"redact": {"()": "clawdbot.redaction.RedactionFilter"}},
        "formatters": {
            "line": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": _SHARED,
                "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["redact"]}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            # Django's own set-up would send these to its console handler as well.
            "django": {"handlers": [], "level": level, "propagate": True},
            # One line per request and per task says nothing that the metrics do not say better.
            "django.channels.server": {"level": "WARNING"},
            "daphne": {"level": "WARNING"},
            "celery": {"level": "WARNING"},
            # The broker in memory has no host, which kombu finds worth a warning.
            "kombu": {"level": "ERROR"},
            "httpx2": {"level": "WARNING"},
            "urllib3": {"level": "WARNING"},
            "openai": {"level": "WARNING"},
            "faiss": {"level": "WARNING"},
            # Wrong hosts are strangers' doing and logged once by the reverse proxy.
            "django.security.DisallowedHost": {"level": "ERROR"},
        },
    }
