"""An outgoing WebSocket of an account that must stay public connects to no private address."""

from __future__ import annotations

import socket

import pytest

from adapters.errors import SendError
from adapters.sockets import Socket


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "[::1]"])
def test_a_private_address_is_refused_before_a_connection(host: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0.2)
        port = listening.getsockname()[1]
        with pytest.raises(SendError) as refused:
            Socket(f"ws://{host}:{port}/", hosts=[host.strip("[]")], platform="WeCom", public_only=True)
        assert (refused.value.mark, refused.value.permanent) == ("foreign_address", True)
        with pytest.raises(TimeoutError):
            listening.accept()
