"""Looks, once an hour, when the certificate of the public address expires. `/metrics` shows what was seen last."""

from __future__ import annotations

import logging
import select
import socket
import ssl
import time
from collections.abc import Callable
from datetime import datetime
from urllib.parse import urlsplit

from cryptography import x509
from django.conf import settings
from django.core.cache import cache
from django.utils import timezone

logger = logging.getLogger(__name__)

LOOK_EVERY_S = 3600.0
DEADLINE_S = 10.0
_KEY = "monitoring:certificate"  # of Redis, or of the one process that serves the schedules and /metrics
_KEPT_S = 24 * 3600
_PORT = 443


def known() -> dict[str, float]:
    """Returns the seconds until the certificate expires by host; {} when none was seen. Negative: it has expired."""
    host, found = _address()[0], cache.get(_KEY)
    if not host or found is None or found[0] != host:
        return {}
    return {host: (found[1] - timezone.now()).total_seconds()}


def refresh() -> None:
    """Looks at the certificate if that was not done within the hour. An address that does not answer is no news."""
    host, port = _address()
    if not host or cache.get(f"{_KEY}:looked") == host:
        return
    cache.set(f"{_KEY}:looked", host, LOOK_EVERY_S)
    try:
        cache.set(_KEY, (host, expires_at(host, port)), _KEPT_S)
    except (OSError, ValueError) as error:
        logger.warning("the certificate of %s cannot be read: %s", host, type(error).__name__)


def _address() -> tuple[str, int]:
    url = urlsplit(settings.CLAWDBOT.web.public_url)
    return (url.hostname or "", url.port or _PORT) if url.scheme == "https" else ("", 0)


def expires_at(host: str, port: int) -> datetime:
    """Returns when the certificate expires that this address shows, trusted or not.

    Raises:
        OSError: No connection, no TLS, or no answer within `DEADLINE_S`.
        ValueError: The certificate cannot be read.
    """
    deadline = time.monotonic() + DEADLINE_S
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # one that is not trusted has an end, too
    with socket.create_connection((host, port), timeout=DEADLINE_S) as raw:
        raw.setblocking(False)
        with context.wrap_socket(raw, server_hostname=host, do_handshake_on_connect=False) as tls:
            _shake_hands(tls, deadline)
            shown = tls.getpeercert(binary_form=True)
    if not shown:
        raise ValueError("no certificate")
    return x509.load_der_x509_certificate(shown).not_valid_after_utc


def _shake_hands(tls: ssl.SSLSocket, deadline: float) -> None:
    while True:
        try:
            tls.do_handshake()
            return
        except ssl.SSLWantReadError:
            ready = _waiter(reading=True)
        except ssl.SSLWantWriteError:
            ready = _waiter(reading=False)
        if (left := deadline - time.monotonic()) <= 0 or not ready(tls, left):
            raise TimeoutError("no answer in time")


def _waiter(*, reading: bool) -> Callable[[ssl.SSLSocket, float], bool]:
    def wait(tls: ssl.SSLSocket, seconds: float) -> bool:
        readers, writers = ([tls], []) if reading else ([], [tls])
        return any(select.select(readers, writers, [], seconds))

    return wait
