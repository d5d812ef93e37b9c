"""A log line shows the traceback of an error, without its secrets."""

from __future__ import annotations

import io
import json
import logging
import logging.config
from typing import Any

import pytest

from clawdbot.redaction import RedactionFilter
from clawdbot_site import logs

TOKEN = "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"


@pytest.mark.parametrize("style", ["json", "console"])
def test_a_traceback_is_logged_and_redacted(style: str) -> None:
    configuration: dict[str, Any] = logs.configuration("INFO", style, debug=False)
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    made = configuration["formatters"]["line"]
    handler.setFormatter(made["()"](foreign_pre_chain=made["foreign_pre_chain"], processors=made["processors"]))
    handler.addFilter(RedactionFilter())
    logger = logging.getLogger("tests.logs")
    logger.addHandler(handler)
    try:
        raise AttributeError(f"https://api.example.com/bot{TOKEN}/getMe")
    except AttributeError:
        logger.exception("it failed")
    finally:
        logger.removeHandler(handler)
    text = out.getvalue()
    assert "AttributeError" in text
    assert "test_logs.py" in text
    assert TOKEN not in text
    if style == "json":
        assert json.loads(text)["exception"].startswith("Traceback")
