"""Finds out why an endpoint cannot be reached: its name, its port, or its certificate. Only called after a failure."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from urllib.parse import urlsplit

from clawdbot.http import AddressRefused, HttpError
from clawdbot.http.addresses import open_public
from clawdbot.http.proxies import proxy_for
from clawdbot.reasons import Reason, Why

# Seconds for the name, the connection and the handshake together.
LIMIT_S = 5.0
_VAGUE = frozenset({"no_connection", "connection_failed", "tls_failed"})


def refined(reason: Why, endpoint: str, *, public_only: bool = False) -> Why:
    """Returns the cause of a failed connection where it can be found; other reasons unchanged.

    Through a proxy it cannot: the proxy looks up the name and connects.
    """
    if not isinstance(reason, Reason) or reason.code not in _VAGUE:
        return reason
    parts = urlsplit(endpoint)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    with contextlib.suppress(HttpError):
        if not public_only and proxy_for(parts.scheme, host, port) is not None:
            return reason
    found: list[Reason] = []
    # Python cannot end a look-up, so its thread is abandoned when the time is over.
    args = (found, parts.scheme, host, port, public_only)
    thread = threading.Thread(target=_look, args=args, name="connection-cause", daemon=True)
    thread.start()
    thread.join(LIMIT_S)
    return found[0] if found else reason


def _look(found: list[Reason], scheme: str, host: str, port: int, public_only: bool) -> None:
    try:
        connect = open_public if public_only else _open
        with connect(host, port, LIMIT_S / 2) as sock:
            if scheme == "https":
                sock.settimeout(LIMIT_S / 2)
                ssl.create_default_context().wrap_socket(sock, server_hostname=host).close()
    except (socket.gaierror, UnicodeError):
        found.append(Reason("host_not_found", host=host))
    except ssl.SSLCertVerificationError as error:
        found.append(Reason("certificate_untrusted", told=str(error.verify_message)[:120]))
    except ssl.SSLError:
        found.append(Reason("no_tls_here"))
    except ConnectionRefusedError:
        found.append(Reason("port_closed", host=host, port=port))
    except TimeoutError:
        found.append(Reason("host_silent", host=host, port=port))
    except (OSError, AddressRefused):
        pass


def _open(host: str, port: int, timeout: float) -> socket.socket:
    return socket.create_connection((host, port), timeout)
