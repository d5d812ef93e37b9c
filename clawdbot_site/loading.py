"""Loads the settings of a process: reads the sources, validates each setting and checks their combination."""

from __future__ import annotations

import os
import sys
from typing import Any

from pydantic import ValidationError

from clawdbot_site import storage
from clawdbot_site.config import Config
from clawdbot_site.rules import DEFAULT_DIMENSION, broken_rule, default_dimension
from clawdbot_site.sources import ConfigError, explain, explain_rule


def load(**overrides: Any) -> Config:
    """Loads the settings of this process.

    Raises:
        ConfigError: A setting is invalid. The text is one line that names the source, the key and the reason, but no
            value that could be a secret.
    """
    try:
        config = Config(**overrides)
    except ValidationError as error:
        raise ConfigError(explain(error, Config)) from None
    if kind := storage.implied_memory_type(config):
        config = config.model_copy(update={"memory": config.memory.model_copy(update={"type": kind})})
    if broken := broken_rule(config):
        raise ConfigError(explain_rule(broken))
    if advice := default_dimension(config):
        _tell(explain_rule(advice))
        fitting = config.semantic_search.model_copy(update={"dimension": DEFAULT_DIMENSION})
        config = config.model_copy(update={"semantic_search": fitting})
    return config


def _tell(line: str) -> None:
    # Logs are not configured yet. The processes that `serve` starts would repeat what it has said.
    if not os.environ.get("SERVE_PARENT_PID"):
        sys.stderr.write(f"clawdbot: {line}\n")
