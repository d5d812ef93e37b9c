from __future__ import annotations

import datetime
import ipaddress
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.http_server import Server, serve

if TYPE_CHECKING:
    from tests.llm.anthropic_server import Claude


@pytest.fixture
def endpoint() -> Iterator[Server]:
    with serve() as running:
        yield running


@pytest.fixture
def second() -> Iterator[Server]:
    with serve() as running:
        yield running


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A file with a key and a certificate for `models.example` and 127.0.0.1."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    now = datetime.datetime.now(datetime.UTC)
    names = [x509.DNSName("models.example"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    encoding = serialization.Encoding.PEM
    secret = key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = tmp_path / "pair.pem"
    path.write_bytes(secret + made.public_bytes(encoding))
    return path


@pytest.fixture
def claude() -> Claude:
    from tests.llm.anthropic_server import Claude  # it imports models, and the apps are not loaded yet here

    return Claude()


@pytest.fixture
def address(claude: Claude) -> Iterator[str]:
    with claude.server() as server:
        yield server.url
