"""The model file that an administrator chose in the admin, kept in the home of the installation.

It is a file, not a row: it names a path of this machine, and the model server starts without a database. It counts
before `model_server.model_file` of the configuration; `modelserver --model-file` counts before both.
"""

from __future__ import annotations

import json
from pathlib import Path

from django.conf import settings

FILE_NAME = "modelfile.json"


def _place() -> Path:
    return Path(settings.CLAWDBOT.home).resolve() / FILE_NAME


def chosen() -> str:
    """Returns the path of the chosen file; "" when none is chosen."""
    try:
        value = json.loads(_place().read_text("utf8"))
        return str(value["model_file"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def choose(model_file: str) -> None:
    """Stores the path atomically, readable by this user only; "" takes the choice back."""
    place = _place()
    if not model_file:
        place.unlink(missing_ok=True)
        return
    temporary = place.with_name(f"{FILE_NAME}.new")
    temporary.touch(mode=0o600)
    temporary.write_text(json.dumps({"model_file": model_file}), "utf8")
    temporary.replace(place)


def wanted() -> str:
    """Returns the file to serve: the chosen one, else that of the configuration; "" for none."""
    return chosen() or settings.CLAWDBOT.model_server.model_file
