"""When the certificate of the public address expires: of a real server, with one that nobody trusts."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bots.monitoring import certificates, readings


def _certificate(folder: Path, days: float) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "bot.example")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=400))
        .not_valid_after(now + timedelta(days=days))
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context


@contextmanager
def _server(context: ssl.SSLContext | None) -> Iterator[int]:
    """Runs a server of TLS, or one that says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            with suppress(OSError):
                while True:
                    sock = listener.accept()[0]
                    if context is None:
                        threading.Timer(5, sock.close).start()
                        continue
                    with suppress(OSError), context.wrap_socket(sock, server_side=True) as secured:
                        secured.recv(1)

        threading.Thread(target=answer, daemon=True).start()
        yield listener.getsockname()[1]


@pytest.mark.parametrize("days", [90, 3, -5])
def test_the_end_is_read_trusted_or_not_and_expired_or_not(days: int, tmp_path: Path, configured: Any) -> None:
    with _server(_certificate(tmp_path, days)) as port:
        configured("web", public_url=f"https://127.0.0.1:{port}")
        certificates.refresh()
        ((labels, seconds),) = readings.all_samples(readings.named("clawdbot_certificate_expires_seconds"))
    assert labels == ("127.0.0.1",)
    assert abs(seconds - days * 86400) < 120


def test_a_server_that_says_nothing_costs_its_deadline(monkeypatch: Any) -> None:
    monkeypatch.setattr(certificates, "DEADLINE_S", 0.5)
    with _server(None) as port:
        began = time.monotonic()
        with pytest.raises(OSError, match="time"):
            certificates.expires_at("127.0.0.1", port)
        assert time.monotonic() - began < 4


def test_it_is_looked_at_once_an_hour_and_an_error_is_no_news(configured: Any, monkeypatch: Any) -> None:
    looks: list[str] = []

    def refused(host: str, port: int) -> datetime:
        looks.append(f"{host}:{port}")
        raise OSError("refused")

    monkeypatch.setattr(certificates, "expires_at", refused)
    configured("web", public_url="https://bot.example")
    certificates.refresh()
    certificates.refresh()
    assert looks == ["bot.example:443"]
    assert certificates.known() == {}


def test_without_https_there_is_no_certificate(configured: Any) -> None:
    configured("web", public_url="http://bot.example")
    certificates.refresh()
    assert certificates.known() == {}
