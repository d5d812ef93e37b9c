"""Runs management commands on another home, with settings of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from django.conf import settings

from bots.maintenance.backup.errors import BackupError
from clawdbot.reasons import Reason
from clawdbot.redaction import redact

_DEADLINE_S = 3600.0
_OURS = ("CLAWDBOT_", "DJANGO_")
_ALIASES = frozenset({"DATABASE_URL", "REDIS_URL", "PORT"})
_PASSED_ON = ("sslmode", "sslrootcert", "sslcert", "sslkey", "channel_binding", "unix_socket")
_SEARCH = ("enable", "dimension", "embedder", "model", "endpoint", "index_type", "threads")


def environment(home: Path, urls: Mapping[str, str]) -> dict[str, str]:
    """Returns the environment of a command on another home.

    Nothing of this installation's settings gets there but what the tables depend on: so the command cannot reach this
    installation's database or Redis.

    Args:
        home: The other home.
        urls: Addresses of its databases by part: "database", and "memory" if that is apart.
    """
    found = {name: value for name, value in os.environ.items() if not name.startswith(_OURS) and name not in _ALIASES}
    search = settings.CLAWDBOT.semantic_search
    found |= {f"CLAWDBOT_SEMANTIC_SEARCH__{name.upper()}": str(getattr(search, name)) for name in _SEARCH}
    if key := search.api_key.get_secret_value():
        found["CLAWDBOT_SEMANTIC_SEARCH__API_KEY"] = key
    if not urls.get("memory", urls["database"]).startswith("postgresql"):
        found["CLAWDBOT_SEMANTIC_SEARCH__INDEX_TYPE"] = "faiss"  # that of this installation may need PostgreSQL
    found |= {"CLAWDBOT_HOME": str(home), "DATABASE_URL": urls["database"], "CLAWDBOT_LOG__LEVEL": "WARNING"}
    if "memory" in urls:
        found["CLAWDBOT_MEMORY__DATABASE_URL"] = urls["memory"]
    return found


def sqlite_url(path: Path) -> str:
    return f"sqlite:///{path.absolute()}"


def server_url(vendor: str, database: Mapping[str, Any], name: str) -> str:
    """Returns the address of a database on the server of an entry of DATABASES."""
    login = quote(str(database.get("USER") or ""), safe="")
    if database.get("PASSWORD"):
        login += f":{quote(str(database['PASSWORD']), safe='')}"
    host = quote(str(database.get("HOST") or ""), safe="")
    port = f":{database['PORT']}" if database.get("PORT") else ""
    options = database.get("OPTIONS") or {}
    query = urlencode({key: options[key] for key in _PASSED_ON if options.get(key)})
    address = f"{vendor}://{login}{'@' if login else ''}{host}{port}/{quote(name, safe='')}"
    return f"{address}?{query}" if query else address


def manage(arguments: list[str], surroundings: Mapping[str, str], *, may_fail: bool = False) -> str:
    """Runs a management command and returns what it prints.

    Raises:
        BackupError: It failed; the reason has its last line.
    """
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), *arguments]
    try:
        done = subprocess.run(
            command,
            env=dict(surroundings),
            cwd=settings.BASE_DIR,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_DEADLINE_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise BackupError(Reason("backup_program_failed", program=arguments[0], told="timeout")) from None
    if done.returncode and not may_fail:
        told = (done.stderr or done.stdout).decode("utf8", "replace").strip().splitlines()
        raise BackupError(
            Reason(
                "backup_program_failed",
                program=f"manage.py {arguments[0]}",
                told=redact(told[-1] if told else "")[:300],
            )
        )
    return done.stdout.decode("utf8", "replace")
