"""Polls channels, each in its own thread."""

from __future__ import annotations

import threading
import time
from collections.abc import Collection

from bots.intake.polling import poll_forever, poll_once, pollable
from bots.leases import held
from bots.models import Channel
from bots.operations import queues
from bots.pipeline.queue import workers

__all__ = ["poll_once", "pollable", "run"]

END_S = 2.0  # to finish sends in progress; a long poll is abandoned


def run(channels: Collection[Channel], stop: threading.Event) -> None:
    """Polls these channels until `stop` is set, each one whenever no other process polls it."""
    # This process claims the answers that it sends over its own connections, so it needs a heartbeat.
    heartbeat = workers.start_heartbeat("poll", queues.release_abandoned)
    threads = [threading.Thread(target=poll_forever, args=(channel, stop), daemon=True) for channel in channels]
    for thread in threads:
        thread.start()
    try:
        stop.wait()
    except KeyboardInterrupt:
        stop.set()
    ends = time.monotonic() + END_S
    for thread in threads:
        thread.join(max(0.0, ends - time.monotonic()))
    held.leave()
    heartbeat.set()
    workers.unregister()
