"""Runs management commands of one home in forks of a process that has loaded the product: loading takes seconds.

`python -m tests.console` reads a list of arguments per line, as JSON, and writes the exit code and both outputs.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path


class Console:
    """The process; it ends with the one that started it, because its input ends."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.console"],
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str) -> tuple[int, str, str]:
        """Returns exit code, output and errors of `manage.py` with these arguments."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(arguments) + "\n")
        self._process.stdin.flush()
        code, out, err = json.loads(self._process.stdout.readline())
        return code, out, err

    def close(self) -> None:
        self._process.communicate(timeout=60)


def _run_in_a_fork(arguments: list[str]) -> tuple[int, str, str]:
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        child = os.fork()
        if not child:
            os.dup2(out.fileno(), 1)
            os.dup2(err.fileno(), 2)
            os._exit(_exit_code(arguments))
        _pid, status = os.waitpid(child, 0)
        texts = []
        for file in (out, err):
            file.seek(0)
            texts.append(file.read().decode("utf8", "replace"))
        return os.waitstatus_to_exitcode(status), texts[0], texts[1]


def _exit_code(arguments: list[str]) -> int:
    """Does what Python does around manage.py, and returns its exit code."""
    import traceback

    import manage

    sys.argv = ["manage.py", *arguments]
    try:
        manage.main()
        code: object = 0
    except SystemExit as stop:
        code = stop.code
    except BaseException:
        traceback.print_exc()
        code = 1
    if isinstance(code, str):
        print(code, file=sys.stderr)
    sys.stdout.flush()
    sys.stderr.flush()
    return code if isinstance(code, int) else int(code is not None)


def main() -> None:
    import django
    from django.urls import get_resolver

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clawdbot_site.settings")
    django.setup()
    assert get_resolver().url_patterns  # the checks of most commands load the views
    answers = os.fdopen(os.dup(1), "w")
    sys.stdin.reconfigure(encoding="utf8")  # type: ignore[union-attr]
    for line in iter(sys.stdin.readline, ""):
        print(json.dumps(_run_in_a_fork(json.loads(line))), file=answers, flush=True)


if __name__ == "__main__":
    main()
