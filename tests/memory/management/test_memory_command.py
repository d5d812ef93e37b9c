"""`manage.py memory` for operators and for programs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.management import CommandError

from memory.models import MemoryEntry
from tests.memory.builders import memory_command

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("words_only"), pytest.mark.databases]

GOOD = [
    {"id": "1", "session": "a", "speaker": "Ann", "role": "user", "text": "My sister lives in Chengdu",
     "occurred_at": "2026-11-20T09:00:00+08:00"},
    {"id": "2", "session": "a", "speaker": "Bot", "role": "assistant", "text": "Nice",
     "occurred_at": "2026-11-20T01:01:00Z"},
]  # fmt: skip


@pytest.fixture
def bot() -> Any:
    return apps.get_model("bots", "Bot").objects.create(slug="helper", name="Helper")


def _file(folder: Path, *lines: object) -> str:
    path = folder / "lines.jsonl"
    path.write_text("".join((x if isinstance(x, str) else json.dumps(x)) + "\n" for x in lines), "utf8")
    return str(path)


def test_an_import_makes_the_person_and_repeating_it_stores_nothing_twice(bot: Any, tmp_path: Path) -> None:
    arguments = ("import", _file(tmp_path, *GOOD), "--bot", "helper", "--person", "ann")
    assert memory_command(*arguments)[0] == 0
    code, out, _ = memory_command(*arguments)
    assert code == 0
    assert out.startswith("0 stored, 2 known already")
    person = bot.people.get(key="ann")
    assert MemoryEntry.objects.for_person(bot, person).count() == 2


def test_bad_lines_are_refused_by_number_and_good_ones_kept(bot: Any, tmp_path: Path) -> None:
    bad = ["nonsense", "[]", GOOD[0] | {"id": "3", "occurred_at": "soon"}, GOOD[0] | {"id": "4", "role": "system"}]
    bad += [
        GOOD[0] | {"id": "5", "text": " "},
        GOOD[0] | {"id": ""},
        GOOD[0] | {"id": "6", "occurred_at": "2026-13-45"},
    ]
    code, out, err = memory_command(
        "import", _file(tmp_path, GOOD[0], *bad, "", GOOD[1]), "--bot", "helper", "--person", "ann"
    )
    assert code == 1
    assert [line.split(":")[1] for line in err.splitlines()] == ["2", "3", "4", "5", "6", "7", "8"]
    assert out.startswith("2 stored")


def test_recall_answers_each_question_on_a_line_of_its_own(bot: Any, tmp_path: Path) -> None:
    memory_command("import", _file(tmp_path, *GOOD), "--bot", "helper", "--person", "ann")
    questions = _file(
        tmp_path,
        {"id": "q1", "text": "where is my sister?"},
        {"id": "q2", "text": "yesterday", "now": "2026-11-21T09:00:00Z"},
    )
    code, out, _ = memory_command("recall", "--bot", "helper", "--person", "ann", "--queries", questions, "--k", "1")
    answers = [json.loads(line) for line in out.splitlines()]
    assert code == 0
    assert [a["id"] for a in answers] == ["q1", "q2"]
    assert set(answers[0]) == {"id", "hits", "ms"}
    hit = answers[0]["hits"][0]
    assert set(hit) == {"id", "text", "score", "occurred_at", "why"}
    assert hit["id"] == "1"
    assert hit["why"]["lexical"] > 0
    assert answers[1]["hits"][0]["why"]["date"] > 0


def test_what_is_exported_can_be_imported_again(bot: Any, tmp_path: Path) -> None:
    memory_command("import", _file(tmp_path, *GOOD), "--bot", "helper", "--person", "ann")
    _, exported, _ = memory_command("export", "--bot", "helper", "--person", "ann")
    noted = apps.get_model("bots", "AuditEntry").objects.get()
    assert (noted.action, noted.actor, noted.counts) == ("export", "command line", {"memories": 2})
    copy = tmp_path / "copy.jsonl"
    copy.write_text(exported, "utf8")
    assert memory_command("import", str(copy), "--bot", "helper", "--person", "twin")[0] == 0
    texts = MemoryEntry.objects.for_person(bot, bot.people.get(key="twin")).order_by("occurred_at", "id")
    assert [e.text for e in texts] == ["My sister lives in Chengdu", "Nice"]


def test_what_was_pinned_is_pinned_after_an_import_and_what_was_unpinned_since_stays_so(
    bot: Any, tmp_path: Path
) -> None:
    lines = [GOOD[0] | {"pinned": True}, GOOD[1] | {"pinned": False}, GOOD[0] | {"id": "3", "pinned": "yes"}]
    code, _, err = memory_command("import", _file(tmp_path, *lines), "--bot", "helper", "--person", "ann")
    assert (code, err.split(":")[1:]) == (1, ["3", " pinned must be true or false\n"])
    assert dict(MemoryEntry.objects.values_list("external_id", "pinned")) == {"1": True, "2": False}
    copy = tmp_path / "copy.jsonl"
    copy.write_text(memory_command("export", "--bot", "helper", "--person", "ann")[1], "utf8")
    assert memory_command("import", str(copy), "--bot", "helper", "--person", "twin")[0] == 0
    twin = MemoryEntry.objects.for_person(bot, bot.people.get(key="twin"))
    assert dict(twin.values_list("external_id", "pinned")) == {"1": True, "2": False}
    twin.update(pinned=False)
    memory_command("import", str(copy), "--bot", "helper", "--person", "twin")
    assert not twin.filter(pinned=True).exists()


def test_erase_deletes_one_person_only_when_told_yes(bot: Any, tmp_path: Path) -> None:
    for key in ("ann", "bob"):
        memory_command("import", _file(tmp_path, *GOOD), "--bot", "helper", "--person", key)
    with pytest.raises(CommandError, match="--yes"):
        memory_command("erase", "--bot", "helper", "--person", "ann")
    assert memory_command("erase", "--bot", "helper", "--person", "ann", "--yes")[1] == "2 erased\n"
    assert MemoryEntry.objects.for_bot(bot).count() == 2


def test_stats_count_as_text_and_as_json(bot: Any, tmp_path: Path) -> None:
    memory_command("import", _file(tmp_path, *GOOD), "--bot", "helper", "--person", "ann")
    assert "entries: 2" in memory_command("stats")[1]
    assert json.loads(memory_command("stats", "--json")[1])["helper"]["waiting_for_vector"] == 2


def test_reindex_mends_index_text_that_was_damaged(bot: Any, tmp_path: Path) -> None:
    memory_command("import", _file(tmp_path, *GOOD), "--bot", "helper", "--person", "ann")
    before = list(MemoryEntry.objects.order_by("id").values_list("tokens", flat=True))
    MemoryEntry.objects.filter(external_id="1").update(tokens="")
    assert memory_command("reindex")[1].startswith("1 index texts changed")
    assert list(MemoryEntry.objects.order_by("id").values_list("tokens", flat=True)) == before
    assert memory_command("reindex")[1].startswith("0 index texts changed")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("recall", "--bot", "nobody", "--person", "x", "--queries", "x"), "there is no bot"),
        (("export", "--bot", "helper", "--person", "stranger"), "knows no person"),
        (("import", "/no/such/file", "--bot", "helper", "--person", "x"), "No such file"),
        (("recall", "--bot", "helper"), "required"),
    ],
)
@pytest.mark.usefixtures("bot")
def test_a_wrong_call_is_a_plain_error(arguments: tuple[str, ...], message: str) -> None:
    with pytest.raises(CommandError, match=message):
        memory_command(*arguments)


@pytest.mark.parametrize("key", ["", " ", "x" * 1000, "a\0b"])
def test_an_id_that_no_person_can_have_makes_no_person(bot: Any, tmp_path: Path, key: str) -> None:
    with pytest.raises(CommandError, match="the id of a person has 1 to"):
        memory_command("import", _file(tmp_path, *GOOD), "--bot", "helper", "--person", key)
    assert not bot.people.exists()


@pytest.mark.parametrize("k", ["0", "-1", "x", "1.5"])
def test_a_number_of_hits_that_is_none_is_named(k: str) -> None:
    with pytest.raises(CommandError, match=f"'{k}' is not a whole number above 0"):
        memory_command("recall", "--bot", "b", "--person", "p", "--queries", "q", f"--k={k}")
