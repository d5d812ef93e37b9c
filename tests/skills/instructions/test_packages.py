"""Zips and folders: every layout that people send is taken, and nothing leads out of the folder of the skill."""

from __future__ import annotations

import io
import stat
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skills.instructions import archives, folders, packages
from skills.instructions.errors import InvalidSkill
from tests.skills.instructions.builders import MANIFEST, named_in, packed


def read(files: dict[str, str | bytes]) -> packages.Package:
    return packages.read(archives.read(packed(files)))


def refusal(data: bytes) -> str:
    with pytest.raises(InvalidSkill) as caught:
        packages.read(archives.read(data))
    return str(caught.value)


@pytest.mark.parametrize("top", ["", "price-list/", "skill_package/", "a/b/"])
def test_a_skill_stands_at_the_top_or_in_any_folder(top: str) -> None:
    found = read({f"{top}SKILL.md": MANIFEST, f"{top}references/prices.md": "1 EUR"})
    assert [(file.path, file.text) for file in found.files] == [("references/prices.md", "1 EUR")]
    assert bool(found.parsed.warnings) == (top in ("skill_package/", "a/b/"))


def test_what_an_operating_system_adds_is_left_out() -> None:
    found = read(
        {
            "price-list/SKILL.md": MANIFEST,
            "__MACOSX/price-list/._SKILL.md": b"\0\1",
            "price-list/.DS_Store": b"\0",
            "price-list/._x.md": b"\0",
            "price-list/__pycache__/a.pyc": b"\0",
            "Thumbs.db": b"\0",
        }
    )
    assert found.files == ()


def test_a_skill_inside_a_skill_is_a_file_of_it() -> None:
    found = read({"SKILL.md": MANIFEST, "more/SKILL.md": "---\nname: other\n---\n"})
    assert [file.path for file in found.files] == ["more/SKILL.md"]


def test_two_skills_side_by_side_are_refused() -> None:
    assert "more than one skill" in refusal(packed({"a/SKILL.md": MANIFEST, "b/SKILL.md": MANIFEST}))


@pytest.mark.parametrize("name", ["skill.md", "Skill.md", "a/SKILL.MD"])
def test_another_case_is_taken_with_a_remark(name: str) -> None:
    (remark,) = [one for one in read({name: MANIFEST}).parsed.warnings if "SKILL.md" in one]
    assert name.rpartition("/")[2] in remark


def test_no_skill_at_all() -> None:
    assert refusal(packed({"README.md": "x"})) == "There is no SKILL.md."


@pytest.mark.parametrize("path", ["../evil.md", "a/../../evil.md", "/etc/evil.md", "C:/evil.md", "..\\evil.md"])
def test_a_path_that_leads_out_is_refused(path: str) -> None:
    assert "leads out of the folder" in refusal(packed({"SKILL.md": MANIFEST, path: "x"}))


def test_a_link_is_refused() -> None:
    data = packed({"SKILL.md": MANIFEST, "notes.md": "/etc/passwd"}, mode=stat.S_IFLNK | 0o777)
    assert "is a symbolic link" in refusal(data)


def test_a_bomb_is_refused_by_what_it_unpacks_to() -> None:
    data = packed({"SKILL.md": MANIFEST, "big.md": b"0" * (11 * 1024 * 1024)})
    assert len(data) < 100_000
    assert "larger than 10 MiB" in refusal(data)
    # also when the zip lies about the size
    lying = data.replace((11 * 1024 * 1024).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    assert lying != data
    assert "10 MiB" in refusal(lying) or "damaged" in refusal(lying)


def test_too_many_files_are_refused() -> None:
    assert "more than 2000 files" in refusal(packed({f"{number}.md": "" for number in range(2001)}))


@pytest.mark.parametrize("data", [b"", b"PK", b"not a zip"])
def test_a_damaged_zip_is_refused(data: bytes) -> None:
    assert "no zip file" in refusal(data)


def test_a_damaged_file_in_a_zip_is_refused() -> None:
    data = packed({"SKILL.md": MANIFEST})
    spoiled = data[:60] + bytes([data[60] ^ 0xFF]) + data[61:]
    assert "damaged" in refusal(spoiled)


def test_a_locked_zip_is_refused() -> None:
    data = bytearray(packed({"SKILL.md": MANIFEST}))
    data[6] |= 1
    place = data.index(b"PK\x01\x02") + 8
    data[place] |= 1
    assert "password" in refusal(bytes(data)) or "damaged" in refusal(bytes(data))


@pytest.mark.parametrize(
    ("plain", "raw"),
    [("xxxx.md", "价格".encode("gbk") + b".md"), ("xxxxxx.md", "价格".encode() + b".md")],
    ids=["gbk", "utf8-without-flag"],
)
def test_chinese_names_are_read_however_they_were_packed(plain: str, raw: bytes) -> None:
    data = named_in(packed({"SKILL.md": MANIFEST, plain: "一"}), plain, raw)
    (file,) = packages.read(archives.read(data)).files
    assert (file.path, file.text) == ("价格.md", "一")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "gbk"])
def test_texts_in_other_encodings_are_read(encoding: str) -> None:
    text = MANIFEST.replace("Answers", "回答")
    assert "回答" in read({"SKILL.md": text.encode(encoding)}).parsed.description


def test_files_that_are_no_text_keep_only_their_size() -> None:
    found = read({"SKILL.md": MANIFEST, "assets/logo.png": b"\x89PNG\0\0", "long.txt": "x" * 300_000})
    assert [(file.path, file.size, file.text) for file in found.files] == [
        ("assets/logo.png", 6, None),
        ("long.txt", 300_000, None),
    ]


def test_the_digest_tells_of_every_change() -> None:
    base: dict[str, str | bytes] = {"SKILL.md": MANIFEST, "a.md": "1"}
    digests = {
        read(files).fingerprint
        for files in (base, {**base, "a.md": "2"}, {**base, "b.md": ""}, {**base, "SKILL.md": MANIFEST + "x"})
    }
    assert len(digests) == 4
    assert read({f"top/{path}": body for path, body in base.items()}).fingerprint == read(base).fingerprint


# Folders


def make(folder: Path, files: dict[str, str]) -> Path:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, "utf8")
    return folder


def test_the_skills_of_a_folder_are_its_sub_folders(tmp_path: Path) -> None:
    make(tmp_path, {"b/SKILL.md": MANIFEST, "a/skill.md": MANIFEST, "c/README.md": "", "x.md": ""})
    assert [path.name for path in folders.skill_folders(tmp_path)] == ["a", "b"]
    assert folders.skill_folders(tmp_path / "b") == [tmp_path / "b"]
    with pytest.raises(InvalidSkill, match="cannot be read"):
        folders.skill_folders(tmp_path / "none")


def test_a_folder_is_read_without_following_links(tmp_path: Path) -> None:
    secret = make(tmp_path / "outside", {"secret.md": "secret"})
    skill = make(tmp_path / "s", {"SKILL.md": MANIFEST, "references/a.md": "1", ".git/config": "x"})
    assert set(folders.read(skill)) == {"s/SKILL.md", "s/references/a.md"}
    (skill / "link.md").symlink_to(secret / "secret.md")
    with pytest.raises(InvalidSkill, match="symbolic link"):
        folders.read(skill)
    (skill / "link.md").unlink()
    (skill / "more").symlink_to(secret)
    with pytest.raises(InvalidSkill, match="symbolic link"):
        folders.read(skill)


def test_limits_hold_for_folders_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    skill = make(tmp_path, {"SKILL.md": MANIFEST, "a.md": "1", "b.md": "2"})
    monkeypatch.setattr(folders, "MOST_FILES", 2)
    with pytest.raises(InvalidSkill, match="more than 2 files"):
        folders.read(skill)


def test_zips_of_python_itself_are_read(tmp_path: Path) -> None:
    skill: Any = make(tmp_path / "price-list", {"SKILL.md": MANIFEST, "references/a.md": "1"})
    target = tmp_path / "s.zip"
    with zipfile.ZipFile(target, "w") as archive:
        for path in skill.rglob("*"):
            archive.write(path, path.relative_to(tmp_path))
    assert [file.path for file in packages.read(archives.read(target.read_bytes())).files] == ["references/a.md"]


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"# Prices", "This is no zip file: pack the folder"),
        (b"Rar!\x1a\x07\x01\x00" + b"x" * 90, "This is no zip file"),
        (b"\x1f\x8b\x08" + b"x" * 90, "This is no zip file"),
        (b"", "This is no zip file"),
        (packed({"SKILL.md": MANIFEST})[:-30], "The zip file is damaged."),
        (packed({"SKILL.md": MANIFEST, "a.md": "1", "A.md": "2"}), "holds “A.md” twice"),
        (packed({"SKILL.md": MANIFEST, "a\nb.md": "1"}), "holds control characters"),
        (packed({"SKILL.md": MANIFEST, "\\\\server\\share\\a.md": "1"}), "leads out of the folder"),
        (packed({"SKILL.md": MANIFEST, "C:\\a.md": "1"}), "leads out of the folder"),
        (packed({f"{'d' * 100}/SKILL.md": MANIFEST, f"{'d' * 100}/{'e' * 201}.md": "1"}), "is too long"),
    ],
)
def test_reported_zips_get_one_line_with_the_mend(data: bytes, told: str) -> None:
    found = refusal(data)
    assert told in found
    assert "\n" not in found


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_methods_are_read_and_their_damage_is_told(method: int) -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        archive.writestr("SKILL.md", MANIFEST * 1)
    data = target.getvalue()
    assert packages.read(archives.read(data)).parsed.name == "price-list"
    hurt = bytearray(data)
    for place in range(44, 110):
        hurt[place] ^= 0x5A
    assert refusal(bytes(hurt))


def test_an_unknown_method_is_told() -> None:
    data = bytearray(packed({"SKILL.md": MANIFEST}))
    data[8:10] = (93).to_bytes(2, "little")  # zstandard, in the local header and in the directory
    place = data.index(b"PK\1\2")
    data[place + 10 : place + 12] = (93).to_bytes(2, "little")
    assert "pack it again with deflate" in refusal(bytes(data))


@given(st.binary(max_size=200), st.integers(0, 400))
def test_no_bytes_are_more_than_refused(noise: bytes, place: int) -> None:
    good = packed({"price-list/SKILL.md": MANIFEST, "price-list/references/a.md": "x" * 50})
    try:
        packages.read(archives.read(good[:place] + noise + good[place + len(noise) :]))
    except InvalidSkill:
        pass


def test_names_that_macos_takes_apart_are_put_together() -> None:
    found = read({"SKILL.md": MANIFEST, "references/cafe\u0301.md": "1"})
    assert [file.path for file in found.files] == ["references/caf\u00e9.md"]


def test_a_text_that_no_model_can_read_is_remarked() -> None:
    found = read({"price-list/SKILL.md": MANIFEST, "price-list/references/all.csv": b"x," * (5 * 512 * 1024 // 2)})
    assert [(file.path, file.text) for file in found.files] == [("references/all.csv", None)]
    assert "larger than 256 KiB" in found.parsed.warnings[0]
