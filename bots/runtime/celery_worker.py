"""A Celery worker that survives every failure of its broker."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

from celery.worker import WorkController
from celery.worker.consumer import Consumer
from celery.worker.state import maybe_shutdown

logger = logging.getLogger(__name__)

RECONNECT_EVERY_S = 2.0
RESTART_AFTER_S = 1.0


class ReconnectingConsumer(Consumer):
    """Takes every error for a lost connection, and connects again every `RECONNECT_EVERY_S` for as long as it takes.

    Celery's own consumer does so for known connection errors only. A connection that drops under load raises others
    too, an AttributeError among them, and each of these would end the worker. Celery also doubles its pause up to 30
    seconds and gives up after 100 attempts.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.connection_errors = (Exception,)

    def on_connection_error_after_connected(self, exc: Exception) -> None:
        """Logs the traceback of an error that is no plain loss of the connection, then closes the connection."""
        if not (isinstance(exc, OSError) or type(exc).__module__.startswith("redis.")):
            logger.error("the consumer failed, it connects to the broker again", exc_info=exc)
        try:
            super().on_connection_error_after_connected(exc)
        except Exception as error:
            # Closing what is left of a lost connection fails at times. Raised here, the error would end the worker.
            logger.warning("the lost connection could not be closed: %s", type(error).__name__)
            self.connection = None

    def ensure_connected(self, conn: Any) -> Any:
        """Returns the connection once the broker answers."""

        def failed(error: Exception, interval: float) -> None:
            logger.error("the broker cannot be reached, again in %.0f s: %s", interval, type(error).__name__)

        conn = conn.ensure_connection(
            failed,
            max_retries=None,
            interval_start=RECONNECT_EVERY_S,
            interval_step=0,
            interval_max=RECONNECT_EVERY_S,
            callback=maybe_shutdown,
        )
        self.first_connection_attempt = False
        self.broker_connection_retry_attempt = 0
        return conn


def run_until_stopped(make: Callable[[], WorkController]) -> None:
    """Runs a worker until it is stopped; after a failure that its consumer did not survive, makes a new one."""
    while True:
        worker: Any = make()
        worker.start()
        if not worker.exitcode:
            return
        logger.error("the Celery worker ended with code %s; a new one starts", worker.exitcode)
        time.sleep(RESTART_AFTER_S)
