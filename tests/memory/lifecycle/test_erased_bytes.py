"""Erased words are gone from the files of SQLite, not only from its results."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
from django.db import connections

from bots.models import Person
from bots.people import audit_log, erasure
from memory import database
from memory.indexes import build
from tests.memory.builders import person, say

pytestmark = [
    pytest.mark.databases,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("words_only", "small_is_large"),
    # The files of a database server are not readable; `make test` runs these tests on SQLite.
    pytest.mark.skipif(database.vendor() != "sqlite", reason="looks into SQLite's own files"),
]
WORD = "quincunx"  # also as the index stores it
NOTES = 2000  # then the full-text index has several segments, which keep deleted words


def bytes_of_the_files() -> bytes:
    """Returns the bytes of the memory database: file and log.

    Another process reads them. When this one closed the file, the system would release the locks of all its connections
    to SQLite, and the next process that leaves the database would delete the log in use.
    """
    path = Path(str(connections[database.alias()].settings_dict["NAME"]))
    files = [str(file) for file in (path, Path(f"{path}-wal")) if file.exists()]
    return subprocess.run(["cat", *files], check=True, capture_output=True).stdout


@pytest.mark.parametrize("whole", [True, False], ids=["a whole person", "all memories"])
def test_no_byte_of_an_erased_large_memory_stays_in_the_files(whole: bool) -> None:
    ann, bob = person(), person()
    say(ann, f"My orchard is planted in {WORD}", *(f"note {i} about the weather" for i in range(NOTES)))
    say(bob, *(f"note {i} about the weather" for i in range(20)))
    assert build.build(ann)
    assert build.build(bob)
    assert WORD.encode() in bytes_of_the_files()
    one = Person.objects.get(pk=ann.person_id)
    (erasure.erase if whole else erasure.erase_memories)(one, audit_log.COMMAND)
    assert WORD.encode() not in bytes_of_the_files()
    assert b"weather" in bytes_of_the_files(), "the other person's stays"


def test_a_reader_in_the_middle_delays_the_overwriting_and_fails_no_erasure(monkeypatch: pytest.MonkeyPatch) -> None:
    from clawdbot_site.sqlite import base

    monkeypatch.setattr(base, "_CHECKPOINT_MS", 10)
    ann = person()
    say(ann, WORD)
    held: Any = connections[database.alias()]
    reader = held.copy()
    try:
        with reader.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("SELECT COUNT(*) FROM memory_memoryentry")
            assert erasure.erase_memories(Person.objects.get(pk=ann.person_id), audit_log.COMMAND).memories == 1
            assert not held.overwrite_deleted()
            cursor.execute("COMMIT")
        assert held.overwrite_deleted()
        assert WORD.encode() not in bytes_of_the_files()
    finally:
        reader.close()
