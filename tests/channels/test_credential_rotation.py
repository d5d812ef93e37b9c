"""Credentials that a platform rotates: one exchange for all processes, stored encrypted before the first use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from bots.channels import lookup
from bots.channels.credential_rotation import ChannelVault
from bots.models import Channel
from tests.builders import make_channel
from tests.threads import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]
ACCOUNT = {
    "signing_secret": ["s"],
    "bot_token": "xoxb-old",
    "refresh_token": "r1",
    "client_id": "1",
    "client_secret": "c",
}


def test_two_threads_exchange_a_token_once() -> None:
    channel = make_channel(platform="slack", credentials=ACCOUNT)
    exchanged: list[str] = []

    def change(stored: Mapping[str, Any]) -> Mapping[str, Any]:
        if stored["bot_token"] != "xoxb-old":
            return {}
        exchanged.append(stored["refresh_token"])
        return {"bot_token": "xoxb-new", "refresh_token": "r2"}

    def renew() -> None:
        assert ChannelVault(channel.pk).renew(change)["bot_token"] == "xoxb-new"

    at_once(renew, renew)
    assert exchanged == ["r1"]
    stored = Channel.objects.get(pk=channel.pk)
    assert stored.credentials == ACCOUNT | {"bot_token": "xoxb-new", "refresh_token": "r2"}
    assert "xoxb-new" not in stored.credentials_encrypted
    assert lookup.adapter_for(stored).account.bot_token == "xoxb-new"


def test_an_exchange_that_fails_changes_nothing_and_holds_nobody_up() -> None:
    channel = make_channel(platform="slack", credentials=ACCOUNT)

    def refuse(stored: Mapping[str, Any]) -> Mapping[str, Any]:
        raise ValueError("refused")

    with pytest.raises(ValueError, match="refused"):
        ChannelVault(channel.pk).renew(refuse)
    assert ChannelVault(channel.pk).renew(lambda stored: {}) == ACCOUNT
