"""The files in which processes count: killed writers, full disks, containers with one home, many restarts."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import mmap_dict, values

from bots.metrics import files

_CHILD = """
import os, sys, time
from pathlib import Path
from django.conf import settings
settings.configure()
from bots.metrics import files
if sys.argv[2]:
    files._HOST = sys.argv[2]
files.install(Path(sys.argv[1]))
from prometheus_client import Counter
Counter("seen", "Seen.", ("of",)).labels("child").inc(2)
print("ready", flush=True)
time.sleep(float(sys.argv[3]))
"""


def _child(folder: Path, *, host: str = "", stay_s: float = 0.0) -> subprocess.Popen[str]:
    environment = os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(folder)}
    child = subprocess.Popen(
        [sys.executable, "-c", _CHILD, str(folder), host, str(stay_s)],
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "ready\n"
    return child


def _end(child: subprocess.Popen[str]) -> None:
    child.kill()
    child.wait(30)
    assert child.stdout is not None
    child.stdout.close()


def _seen(folder: Path) -> float:
    return sum(sample.value for metric in files.collect(folder) for sample in metric.samples if metric.name == "seen")


def test_the_numbers_of_killed_processes_are_kept_in_one_file(tmp_path: Path) -> None:
    for number in range(7):
        _end(_child(tmp_path, stay_s=60))
        assert _seen(tmp_path) == 2 * (number + 1)
    assert len(list(tmp_path.glob("*.db"))) <= 5
    files.remove_ended(tmp_path)
    assert list(tmp_path.glob("*.db")) == []


def test_a_running_process_keeps_its_file(tmp_path: Path) -> None:
    alive = _child(tmp_path, stay_s=60)
    for _ in range(6):
        _end(_child(tmp_path))
    assert _seen(tmp_path) == 14
    files.remove_ended(tmp_path)
    assert _seen(tmp_path) == 2
    _end(alive)


def test_containers_with_one_home_do_not_share_a_file(tmp_path: Path, monkeypatch: Any) -> None:
    def same_id() -> int:
        return 7

    made = []
    for host in ("web", "worker"):
        monkeypatch.setattr(files, "_HOST", host)
        monkeypatch.setattr(os, "getpid", same_id)
        made.append(files.identity())
    assert made == ["web-7", "worker-7"]
    _end(_child(tmp_path, host="elsewhere"))
    files.remove_ended(tmp_path)  # whether a process of another container runs is not known here
    assert _seen(tmp_path) == 2


@pytest.mark.parametrize("content", [b"", b"\xff" * 200, b"\x10\x00\x00\x00\x00\x00\x00\x00\xff\xff\xff\x7f"])
def test_a_torn_file_hides_no_other_number(content: bytes, tmp_path: Path) -> None:
    alive = _child(tmp_path, stay_s=60)
    torn = tmp_path / f"counter_{files._HOST}-99999999.db"
    torn.write_bytes(content)
    assert _seen(tmp_path) == 2
    (tmp_path / "counter_elsewhere-1.db").write_bytes(content)
    assert _seen(tmp_path) == 2
    _end(alive)


def test_a_full_disk_costs_the_numbers_and_not_the_process(tmp_path: Path, monkeypatch: Any) -> None:
    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    monkeypatch.setattr(values, "ValueClass", values.ValueClass)
    files._allocated.cache_clear()
    files.install(tmp_path)
    made = values.ValueClass("counter", "m", "m_total", (), (), "")
    made.inc(3)
    assert made.get() == 3
    assert list(tmp_path.glob("*.db")) == []
    files._allocated.cache_clear()


def test_a_file_has_its_space_before_it_is_written(tmp_path: Path) -> None:
    alive = _child(tmp_path, stay_s=60)
    (made,) = tmp_path.glob("counter_*.db")
    assert made.stat().st_size == files.ALLOCATED_BYTES
    assert made.stat().st_blocks * 512 >= files.ALLOCATED_BYTES
    opened = mmap_dict.MmapedDict(str(made), read_mode=True)
    opened.close()
    _end(alive)
