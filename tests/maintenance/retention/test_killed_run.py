"""`kill -9` in the middle of a run loses nothing, and the next run deletes the rest while turns go on writing."""

from __future__ import annotations

import contextlib
import signal
import sqlite3
import subprocess
import time
from pathlib import Path

import pytest

from tests.product import ROOT, Product

ROWS = 30_000
_FILL = """
INSERT INTO bots_inboundevent (channel_id, dedupe_key, queue_key, attempts, due_at, owner, request_id, error,
    error_code, error_params, kind, payload, state, cancel_requested, gathers, overtakes, draft_id, draft_text,
    told_to_wait, received_at, finished_at)
WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < :rows)
SELECT :channel, 'k' || n, 'q' || n, 1, '2020-01-01', '', '', '', '', '{}', 'message', '{"text": "hello"}',
    CASE WHEN n % 1000 = 0 THEN 'dead' ELSE 'done' END, 0, 0, 0, '', '', 0, '2020-01-01', '2020-01-01' FROM c
"""


@pytest.mark.timeout(600)
def test_a_killed_run_is_finished_by_the_next(tmp_path: Path) -> None:
    product = Product(tmp_path / "home")
    product.migrate()
    database = product.home / "clawdbot.sqlite3"
    try:
        product.manage("bot", "add", "ada")
        with contextlib.closing(sqlite3.connect(database, isolation_level=None, timeout=30)) as connection:

            def left() -> int:
                return int(connection.execute("SELECT count(*) FROM bots_inboundevent").fetchone()[0])

            channel = connection.execute("SELECT id FROM bots_channel").fetchone()[0]
            connection.execute(_FILL, {"rows": ROWS, "channel": channel})
            command = [*product.command, "retention", "--run"]
            run = subprocess.Popen(command, cwd=ROOT, env=product.environment, stdout=subprocess.DEVNULL)
            writes = 0
            while left() > ROWS * 0.9:
                assert run.poll() is None
                began = time.monotonic()
                connection.execute("INSERT INTO django_session VALUES (?, '', '2999-01-01')", (f"s{writes}",))
                writes += 1
                assert time.monotonic() - began < 10, "a batch held the lock for too long"
                time.sleep(0.02)
            run.send_signal(signal.SIGKILL)
            run.wait(30)
            half = left()
            assert ROWS * 0.1 < half <= ROWS * 0.9
            product.manage("retention", "--run")
            assert left() == ROWS // 1000, "only dead letters are left"
            assert connection.execute("SELECT count(*) FROM django_session").fetchone() == (writes,)
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    finally:
        product.stop()
