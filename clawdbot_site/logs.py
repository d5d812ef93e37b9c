"""Configures logging: JSON lines, or readable text on a terminal, with request ids and without secrets."""

from __future__ import annotations

import sys
from typing import Any

import structlog

from clawdbot import request_id


def add_request_id(logger: Any, method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Adds the current request id."""
    if current := request_id.current():
        event.setdefault("request_id", current)
    return event


def drop_objects(logger: Any, method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Removes the request object, which Django attaches for its error mails and which a log line cannot show."""
    event.pop("request", None)
    return event


def add_traceback(logger: Any, method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Adds the traceback. `RedactionFilter` has formatted and redacted it, and the formatter takes raw ones only."""
    record = event.get("_record")
    if record is not None and record.exc_text:
        event["exception"] = record.exc_text
    return event


_SHARED: list[structlog.typing.Processor] = [
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    add_request_id,
    structlog.stdlib.ExtraAdder(),
    drop_objects,
    add_traceback,
]


def is_json(style: str, debug: bool) -> bool:
    """Returns whether logs are JSON; `auto` means JSON except on a terminal or in debug mode."""
    return style == "json" or (style == "auto" and not debug and not sys.stderr.isatty())


def configuration(level: str, style: str, debug: bool) -> dict[str, Any]:
    """Returns Django's LOGGING. Loggers of the standard library and of structlog share one handler.

    Args:
        level: Lowest level that is logged.
        style: json, console or auto.
        debug: Whether debug mode is on.
    """
    renderer: structlog.typing.Processor
    if is_json(style, debug):
        renderer = structlog.processors.JSONRenderer(ensure_ascii=False)
    else:
        renderer = structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    structlog.configure(
        processors=[*_SHARED[:-3], structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
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
            # Django's default configuration would send these to its console handler as well.
            "django": {"handlers": [], "level": level, "propagate": True},
            # The metrics cover what one line per request or task would say.
            "django.channels.server": {"level": "WARNING"},
            "daphne": {"level": "WARNING"},
            "celery": {"level": "WARNING"},
            # kombu warns that the in-memory broker has no host.
            "kombu": {"level": "ERROR"},
            "httpx2": {"level": "WARNING"},
            "mcp": {"level": "WARNING"},  # its INFO tells the ids of sessions, which are as good as a key
            "client": {"level": "ERROR"},  # its WARNING tells what servers sent, with a traceback
            "urllib3": {"level": "WARNING"},
            "openai": {"level": "WARNING"},
            "faiss": {"level": "WARNING"},
            # Requests with wrong hosts come from strangers; the reverse proxy logs them.
            "django.security.DisallowedHost": {"level": "ERROR"},
        },
    }
