"""Kinds of Redis beside the plain server of `tests/outages.py`: with TLS, on a Unix socket, with Sentinels."""

from __future__ import annotations

import contextlib
import datetime
import ipaddress
import os
import shutil
import signal
import ssl
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests import servers
from tests.product import free_port
from tests.tls_relay import relay

PASSWORD = "p@ss/w:rd"  # each character of it has to be encoded in an address
MASTER = "chat"


@contextlib.contextmanager
def _server(*options: str, sentinel: bool = False) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    folder, port = tempfile.mkdtemp(prefix="clawdbot-redis-"), free_port()
    file = Path(folder) / "server.conf"
    file.write_text("\n".join((f"port {port}", "bind 127.0.0.1", f"dir {folder}", *options)) + "\n", "ascii")
    command = [str(servers.redis_binary()), str(file), *(["--sentinel"] if sentinel else [])]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        servers.wait_for(port, process)
        yield process, port
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)
        process.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def on_a_socket() -> Iterator[str]:
    """Yields the address of a Redis on a Unix socket."""
    with tempfile.TemporaryDirectory(prefix="clawdbot-") as folder, _server(f"unixsocket {folder}/redis.sock"):
        yield f"unix://{folder}/redis.sock?db=1"


@contextlib.contextmanager
def with_tls() -> Iterator[str]:
    """Yields the address of a Redis behind TLS, with a password and a certificate of an authority of its own."""
    with (
        tempfile.TemporaryDirectory(prefix="clawdbot-") as folder,
        _server(f'requirepass "{PASSWORD}"') as (_process, port),
    ):
        certificate, key = _certificate(Path(folder))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        with relay(port, context) as secured:
            yield f"rediss://:{quote(PASSWORD, safe='')}@127.0.0.1:{secured}/2?ssl_ca_certs={certificate}"


def _certificate(folder: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate, private = folder / "server.pem", folder / "server.key"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    private.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))
    return certificate, private


@dataclass(slots=True)
class Replicated:
    """A Redis with a replica and three Sentinels, which choose the replica when the first one is gone.

    Attributes:
        url: What `redis_url` takes.
        first: The process that is the master at first.
    """

    url: str
    first: subprocess.Popen[bytes]

    def kill_first(self) -> None:
        os.kill(self.first.pid, signal.SIGKILL)
        self.first.wait(30)


@contextlib.contextmanager
def with_sentinels() -> Iterator[Replicated]:
    """Runs them; a Sentinel needs a second to call a master gone."""
    words = (f'requirepass "{PASSWORD}"', f'masterauth "{PASSWORD}"')
    with contextlib.ExitStack() as stack:
        first, port = stack.enter_context(_server(*words))
        stack.enter_context(_server(*words, f"replicaof 127.0.0.1 {port}"))
        watching = (
            f"sentinel monitor {MASTER} 127.0.0.1 {port} 2",
            f'sentinel auth-pass {MASTER} "{PASSWORD}"',
            f"sentinel down-after-milliseconds {MASTER} 1000",
            f"sentinel failover-timeout {MASTER} 4000",
        )
        ports = [stack.enter_context(_server(*watching, sentinel=True))[1] for _ in range(3)]
        hosts = ",".join(f"127.0.0.1:{one}" for one in ports)
        yield Replicated(f"redis+sentinel://:{quote(PASSWORD, safe='')}@{hosts}/0?master={MASTER}", first)
