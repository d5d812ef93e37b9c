"""The Celery application; tasks live in each app's `tasks.py`."""

from __future__ import annotations

import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging, task_prerun

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clawdbot_site.settings")

app = Celery("clawdbot")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def _keep_django_logging(**_: Any) -> None:
    """Being connected is what stops Celery from installing handlers of its own, which would not redact."""


@task_prerun.connect
def _fresh_memory_connection(**_: Any) -> None:
    """Worker threads keep their connections; one to a memory server may have died since the last task."""
    from memory import database

    database.close_if_broken()
