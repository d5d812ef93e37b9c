"""Loads what the first messages would load, before a process listens.

The first webhook took 200 ms: it imported its adapter and opened a connection. The `openai` package, half a second of
CPU, was imported some seconds later, while webhooks waited for the interpreter.
"""

from __future__ import annotations

import importlib
import logging
from typing import Any

from django.db import DatabaseError, connection

from adapters import registry
from bots.edge.body_limit import BoundedBodies
from bots.intake.webhook_asgi import WebhookApplication
from bots.models import Channel, ModelProvider
from clawdbot import tracing

logger = logging.getLogger(__name__)


def warm_up() -> None:
    """Imports the client of models, or what answers without one, and the adapters of all channels."""
    tracing.start()
    importlib.import_module("openai")
    importlib.import_module("bots.llm.http_transport")
    try:
        platforms = set(Channel.objects.reachable().values_list("platform", flat=True))
        has_model = ModelProvider.objects.filter(enabled=True).exists()
    except DatabaseError as error:  # the process starts anyway, and `/readyz` names the database
        logger.warning("nothing is loaded in advance: %s", type(error).__name__)
        return
    finally:
        connection.close()
    if not has_model:  # the built-in answers are the first ones
        importlib.import_module("bots.pipeline.engine.answer.grounded.answering")
    for platform in sorted(platforms):
        try:
            registry.adapter_class(platform)
        except Exception:  # an adapter that cannot be imported is a problem of its own channels only
            logger.exception("the adapter of %s cannot be loaded", platform)


def warm_up_webhooks(application: Any) -> None:
    """Starts the threads of webhooks, each with its database connection."""
    http = getattr(application, "application_mapping", {}).get("http")
    if isinstance(http, BoundedBodies):
        http = http.application
    if isinstance(http, WebhookApplication):
        http.warm_up()
