"""The Celery application; tasks live in each app's `tasks.py`."""

from __future__ import annotations

import os
import sys
from typing import Any

from celery import Celery
from celery.signals import beat_init, setup_logging, task_prerun

from clawdbot_site import places

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clawdbot_site.settings")

_path = [*sys.path]
app = Celery("clawdbot")
sys.path[:] = _path
if not places.INSTALLED:
    # Celery's command has put the working directory before everything else: a folder `skills` there would replace the
    # package. After this import it takes out the first entry of that directory, so what must stay stands twice.
    _base, _here = str(places.BASE_DIR), os.getcwd()
    _others = [entry for entry in _path if entry not in (_base, _here)]
    # An operator's skills may lie where the product is started.
    sys.path[:] = [_base, _base, *_others] if _base == _here else [_base, *_others, _here, _here]
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def _keep_django_logging(**_: Any) -> None:
    """Stops Celery, merely by being connected, from installing its own log handlers, which would not redact secrets."""


@task_prerun.connect
def _close_broken_memory_connection(**_: Any) -> None:
    """Closes a broken connection to the memory database: worker threads keep connections between tasks."""
    from memory import database

    database.close_if_broken()


@beat_init.connect
def _register_beat(**_: Any) -> None:
    """Registers a beat process with the workers, so that the admin shows it. `serve` is registered already."""
    from bots.pipeline.queue import workers

    workers.start_heartbeat("beat")
