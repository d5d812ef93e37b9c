"""An import refuses each bad line by its number and stores the good lines around it."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.apps import apps

from memory.lifecycle import jsonl, transfer
from memory.models import MemoryEntry
from tests.memory.builders import found, import_line, memory_command, person

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("words_only"), pytest.mark.databases]


BAD: dict[str, bytes] = {
    "not UTF-8": b'{"id": "x", "role": "user", "text": "caf\xe9", "occurred_at": "2026-11-20T09:00:00Z"}',
    "binary": bytes(range(11, 256)),
    "not JSON": b"nonsense",
    "cut short": import_line(1)[:-5],
    "a list": b"[]",
    "nested too deep": b"[" * 100_000,
    "a number with 5000 digits": b'{"id": ' + b"9" * 5000 + b"}",
    "text is a number": import_line(1, text=7),
    "text is missing": b'{"id": "x", "role": "user", "occurred_at": "2026-11-20T09:00:00Z"}',
    "text is blank": import_line(1, text=" \t"),
    "text is only NUL": import_line(1, text="\0\0"),
    "text is enormous": import_line(1, text="x" * (jsonl.LONGEST_TEXT + 1)),
    "the line is huge": import_line(1, text="x" * jsonl.LONGEST_LINE),
    "id is missing": import_line(1, id=None),
    "id is an object": import_line(1, id={}),
    "id is only NUL": import_line(1, id="\0"),
    "id is too long": import_line(1, id="x" * 192),
    "session is a list": import_line(1, session=[]),
    "role is unknown": import_line(1, role="system"),
    "kind is unknown": import_line(1, kind="preference"),
    "kind is a list": import_line(1, kind=["fact"]),
    "a fact without a text": import_line(1, kind="fact", text=""),
    "a fact about too much": import_line(1, kind="fact", fact_key="x" * 192),
    "a fact since ever": import_line(1, kind="fact", valid_from="ever"),
    "role is a list": import_line(1, role=["user"]),
    "date is missing": import_line(1, occurred_at=None),
    "date is a number": import_line(1, occurred_at=1700000000),
    "date is words": import_line(1, occurred_at="soon"),
    "date does not exist": import_line(1, occurred_at="2026-02-30T09:00:00Z"),
    "date at the beginning of time": import_line(1, occurred_at="0001-01-01T00:00:00+14:00"),
    "date at the end of time": import_line(1, occurred_at="9999-12-31T23:59:59-12:00"),
    "date in a far future": import_line(1, occurred_at="2999-01-01T00:00:00Z"),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_line_is_refused_by_number_between_two_good_ones(kind: str) -> None:
    ann = person()
    report = transfer.store_lines([import_line(1), BAD[kind], import_line(2)], ann)
    assert [number for number, _reason in report.refused] == [2]
    assert report.stored == 2
    assert found(ann, "word2")[0] == "word2"


def test_a_byte_order_mark_carriage_returns_and_blank_lines_are_no_fault() -> None:
    ann = person()
    report = transfer.store_lines(
        [b"\xef\xbb\xbf" + import_line(1) + b"\r\n", b"\r\n", b"  \n", import_line(2) + b"\r\n"], ann
    )
    assert (report.stored, report.refused) == (2, [])


def test_halves_of_characters_and_nul_are_stored_as_far_as_they_can_be() -> None:
    ann = person()
    report = transfer.store_lines([import_line(1, text="tea \ud83d and\0 milk", speaker="A\ud83d")], ann)
    assert report.refused == []
    assert found(ann, "milk") == ["tea \ufffd and milk"]


def test_an_id_with_another_text_is_refused_and_the_first_text_stays() -> None:
    ann = person()
    again = [import_line(1, text="other"), import_line(1)]
    report = transfer.store_lines([import_line(1), *again], ann)
    assert [number for number, _reason in report.refused] == [2]
    assert (report.stored, report.known) == (1, 1)
    report = transfer.store_lines(again, ann)
    assert [number for number, _reason in report.refused] == [1]
    assert list(MemoryEntry.objects.values_list("text", flat=True)) == ["word1"]


def test_a_huge_line_is_not_read_into_memory_whole(tmp_path: Path) -> None:
    path = tmp_path / "huge.jsonl"
    with path.open("wb") as file:
        file.write(import_line(1) + b"\n")
        for _ in range(3):
            file.write(b"x" * jsonl.LONGEST_LINE)
        file.write(b"\n" + import_line(2))
    lengths = [len(part) for part in jsonl.read_lines(path)]
    assert len(lengths) == 3
    assert max(lengths) == jsonl.LONGEST_LINE + 1


def test_the_command_names_every_bad_line(tmp_path: Path) -> None:
    apps.get_model("bots", "Bot").objects.create(slug="helper", name="Helper")
    path = tmp_path / "mixed.jsonl"
    path.write_bytes(b"\n".join([import_line(1), BAD["not UTF-8"], import_line(2), BAD["not JSON"]]))
    code, out, err = memory_command("import", str(path), "--bot", "helper", "--person", "ann")
    assert code == 1
    assert out.startswith("2 stored")
    assert [part.split(":")[1] for part in err.splitlines()] == ["2", "4"]
