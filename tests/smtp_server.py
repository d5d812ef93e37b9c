"""A real SMTP server on loopback. It keeps what it takes, and can refuse, hang or drip."""

from __future__ import annotations

import email
import email.policy
import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage


@dataclass
class Mailbox:
    """What the server took. `answers` are statuses for the next commands of a kind, instead of success."""

    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)
    hangs: bool = False
    drips: bool = False


class _Handler(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        box: Mailbox = self.server.box  # type: ignore[attr-defined]
        if box.hangs:
            time.sleep(30)
            return
        if box.drips:
            for _ in range(300):
                self.wfile.write(b"2")
                time.sleep(0.05)
            return
        self._say("220 ready")
        to: list[str] = []
        while line := self.rfile.readline().decode("utf8", "replace").strip():
            word = line.split(" ")[0].upper()
            if word in box.answers:
                self._say(box.answers[word])
            elif word == "EHLO":
                self._say("250-here\r\n250 8BITMIME")
            elif word == "DATA":
                self._say("354 go on")
                box.mails.append(self._mail())
                box.recipients.append(to)
                self._say("250 taken")
            elif word == "QUIT":
                self._say("221 bye")
                return
            else:
                if word == "RCPT":
                    to.append(line.partition("<")[2].partition(">")[0])
                self._say("250 good")

    def _mail(self) -> EmailMessage:
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line[1:] if line.startswith(b"..") else line)
        found: EmailMessage = email.message_from_bytes(b"".join(lines), policy=email.policy.default)  # type: ignore[assignment]
        return found

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def handle_error(self, request: object, client_address: object) -> None:
        pass  # clients end connections


@contextmanager
def mail_server() -> Iterator[Mailbox]:
    """Runs the server; yields its mailbox."""
    box = Mailbox()
    with _Server(("127.0.0.1", 0), _Handler) as server:
        server.box = box  # type: ignore[attr-defined]
        box.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield box
        server.shutdown()
