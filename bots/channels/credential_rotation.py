"""Rotates credentials that a platform renews: by one process at a time, and stored before they are used."""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from bots.models import Channel


class ChannelVault:
    """The credentials of one channel, as `adapters.slack.rotation.Vault` describes it.

    Args:
        channel_id: The channel's primary key.
    """

    def __init__(self, channel_id: int) -> None:
        self._channel_id = channel_id

    def renew(self, change: Callable[[Mapping[str, Any]], Mapping[str, Any]]) -> Mapping[str, Any]:
        """Calls `change` with the credentials, stores the values it returns, encrypted, and returns all credentials.

        Raises:
            Channel.DoesNotExist: The channel was deleted.
        """
        with _locked(self._channel_id):
            channel = Channel.objects.get(pk=self._channel_id)
            known = channel.credentials
            fresh = known | dict(change(known))
            if fresh != known:
                channel.credentials = fresh
                channel.save(update_fields=["credentials_encrypted", "updated_at"])
            return fresh


@contextmanager
def _locked(channel_id: int) -> Iterator[None]:
    """Locks the channel across processes; across machines too if the database is a server."""
    if connection.features.has_select_for_update:
        with transaction.atomic():
            Channel.objects.select_for_update().get(pk=channel_id)
            yield
        return
    # On SQLite a transaction would block all other writers during the platform's request. Its processes share a disk,
    # so a file lock suffices.
    folder = Path(settings.CLAWDBOT.home) / "run"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / f"vault.{channel_id}").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
