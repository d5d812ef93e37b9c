"""Where the passphrase comes from: the settings, a file, or the operator at the terminal. Never the command line."""

from __future__ import annotations

import getpass
import sys
from pathlib import Path

from django.conf import settings

from bots.maintenance.backup.errors import BackupError
from clawdbot.reasons import Reason
from clawdbot.redaction import register_secret


def of_settings() -> str:
    """Returns the passphrase of the settings; "" when there is none.

    Raises:
        BackupError: Its file cannot be read, is empty, or can be read by others.
    """
    config = settings.CLAWDBOT.backup
    if config.passphrase_file:
        return of_file(Path(config.passphrase_file).expanduser())
    return _known(config.passphrase.get_secret_value())


def of_file(path: Path) -> str:
    """Returns the first line of a file.

    Raises:
        BackupError: It cannot be read or is empty.
    """
    try:
        text = path.read_text("utf-8-sig")
    except OSError as error:
        raise BackupError(Reason("backup_unreadable", name=str(path), why=error.strerror or "")) from None
    except UnicodeDecodeError:
        raise BackupError(Reason("backup_unreadable", name=str(path), why="not UTF-8")) from None
    first = text.splitlines()[0] if text.strip() else ""
    if not first:
        raise BackupError(Reason("backup_unreadable", name=str(path), why="empty"))
    return _known(first)


def ask(question: str, *, twice: bool = False) -> str:
    """Asks at the terminal, without showing what is typed; "" where nobody sits at one.

    Raises:
        BackupError: The second entry differs.
    """
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return ""
    typed = getpass.getpass(question, stream=sys.stderr)
    if typed and twice and getpass.getpass("Again: ", stream=sys.stderr) != typed:
        raise BackupError(Reason("passphrases_differ"))
    return _known(typed)


def _known(text: str) -> str:
    if text:
        register_secret(text)
    return text
