"""Polls channels, each in its own thread, also those that are added later."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from bots.intake.polling import poll_forever, poll_once, pollable
from bots.leases import held
from bots.models import Channel
from bots.models.sql import connections
from bots.operations import queues
from bots.pipeline.queue import workers

__all__ = ["poll_once", "pollable", "run"]

logger = logging.getLogger(__name__)

END_S = 2.0  # to finish sends in progress; a long poll is abandoned
LOOK_EVERY_S = 5.0  # for channels that an operator added, changed, disabled or deleted


@dataclass(slots=True)
class _Poller:
    """The thread of a channel. It ends after the poll in progress once `stop` is set."""

    channel: Channel
    stop: threading.Event = field(default_factory=threading.Event)
    thread: threading.Thread = field(init=False)

    def __post_init__(self) -> None:
        name = f"poll-{self.channel.public_id}"
        self.thread = threading.Thread(target=poll_forever, args=(self.channel, self.stop), name=name, daemon=True)
        self.thread.start()


def run(public_ids: Sequence[str], stop: threading.Event, tell: Callable[[Channel], object] = lambda _: None) -> None:
    """Polls the channels that can be polled, each whenever no other process polls it, until `stop` is set.

    Args:
        public_ids: Only these channels; all when empty.
        stop: Ends the polling.
        tell: Called with each channel whose polling begins.
    """
    # This process claims the answers that it sends over its own connections, so it needs a heartbeat.
    heartbeat = workers.start_heartbeat("poll", queues.release_abandoned)
    pollers: dict[int, _Poller] = {}
    warned: set[str] = set()
    try:
        while not stop.is_set():
            _follow(pollers, lambda: pollable(public_ids, warned=warned), tell)
            stop.wait(LOOK_EVERY_S)
    except KeyboardInterrupt:
        stop.set()
    _end(list(pollers.values()))
    held.leave()
    heartbeat.set()
    workers.unregister()


def _follow(
    pollers: dict[int, _Poller], channels: Callable[[], list[Channel]], tell: Callable[[Channel], object]
) -> None:
    """Starts the threads of new channels, and lets those of channels end that can no longer be polled."""
    try:
        found = {channel.pk: channel for channel in channels()}
    except Exception as error:  # the database is away: those that poll go on
        logger.warning("polling: the channels cannot be read: %s", type(error).__name__)
        return
    finally:
        connections.release()
    for pk, poller in list(pollers.items()):
        if pk not in found:
            poller.stop.set()
        if not poller.thread.is_alive():
            del pollers[pk]
    for pk in found.keys() - pollers.keys():
        tell(found[pk])
        pollers[pk] = _Poller(found[pk])


def _end(pollers: Sequence[_Poller]) -> None:
    for poller in pollers:
        poller.stop.set()
    ends = time.monotonic() + END_S
    for poller in pollers:
        poller.thread.join(max(0.0, ends - time.monotonic()))
