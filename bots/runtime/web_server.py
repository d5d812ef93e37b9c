"""Serves HTTP and sockets with daphne, until the process is told to stop."""

from __future__ import annotations

from collections.abc import Callable

from daphne.server import Server
from django.conf import settings
from django.utils.module_loading import import_string

from bots.runtime import bounded_http, garbage_collection, warm_up
from bots.runtime.shutdown import close_sockets_first


class CannotListen(Exception):
    """The port cannot be used. The text is one line for the operator."""


def run(host: str, port: int, *, ready: Callable[[], None]) -> None:
    """Serves until SIGTERM or SIGINT.

    Args:
        host: Address to listen on.
        port: Port to listen on.
        ready: Called once connections are accepted.

    Raises:
        CannotListen: The address or port is taken, or may not be used.
    """
    application = import_string(settings.ASGI_APPLICATION)
    warm_up.warm_up()
    warm_up.warm_up_webhooks(application)
    garbage_collection.settle()
    address = host if ":" not in host else host.replace(":", r"\:")
    bounded_http.install()
    server = Server(
        application=application,
        endpoints=[f"tcp:port={port}:interface={address}"],
        signal_handlers=True,
        server_name="",
        websocket_timeout=-1,
        ready_callable=ready,
    )
    close_sockets_first()
    try:
        server.run()
    except OSError as error:
        raise CannotListen(f"cannot listen on {host}:{port}: {error.strerror or error}") from None
    if server.listeners and not server.listening_addresses:
        raise CannotListen(f"cannot listen on {host}:{port}: is another process using the port?")
