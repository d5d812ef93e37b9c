"""Loads the settings of a process: reads the sources, validates each setting and checks their combination."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from clawdbot_site import storage
from clawdbot_site.config import Config
from clawdbot_site.rules import broken_rule
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
    return config
