"""Files of metrics that processes leave behind."""

from __future__ import annotations

import os
from typing import Any

from bots import metrics


def test_a_new_start_removes_only_what_dead_processes_left(settings: Any, tmp_path: Any) -> None:
    settings.METRICS_DIRECTORY = tmp_path
    gone, own, other = tmp_path / "counter_99999999.db", tmp_path / f"counter_{os.getpid()}.db", tmp_path / "notes.txt"
    for file in (gone, own, other):
        file.write_bytes(b"")
    metrics.start_afresh()
    assert [file.exists() for file in (gone, own, other)] == [False, True, True]
