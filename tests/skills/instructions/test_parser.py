"""SKILL.md: what the format allows is read, what it forbids is refused with the line, and untidiness is remarked."""

from __future__ import annotations

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from skills.instructions import parser
from skills.instructions.errors import InvalidSkill
from tests.skills.instructions.builders import MANIFEST


def manifest(front: str, body: str = "Do it.\n") -> str:
    return f"---\n{front}\n---\n{body}"


def refusal(text: str) -> str:
    with pytest.raises(InvalidSkill) as caught:
        parser.parse(text)
    return str(caught.value)


def test_a_whole_skill_is_read() -> None:
    found = parser.parse(MANIFEST, "price-list")
    assert (found.name, found.license, found.metadata) == ("price-list", "MIT", {"version": "1.0"})
    assert found.allowed_tools == ("Read", "Bash(git add:*)")
    assert found.body.startswith("# Prices")
    assert found.warnings == ()


@pytest.mark.parametrize(
    "text",
    [
        MANIFEST.replace("\n", "\r\n"),
        MANIFEST.replace("\n", "\r"),
        "\ufeff" + MANIFEST,
        "\n\n" + MANIFEST,
        MANIFEST.replace("---\n", "---  \n"),
    ],
    ids=["crlf", "cr", "mark", "blank-lines", "blanks-after-the-fence"],
)
def test_other_line_ends_and_marks_change_nothing(text: str) -> None:
    assert parser.parse(text) == parser.parse(MANIFEST)


@pytest.mark.parametrize("tools", ["[Read, Grep]", "Read Grep", "Read, Grep", "\n  - Read\n  - Grep"])
def test_allowed_tools_are_a_text_or_a_list(tools: str) -> None:
    text = manifest(f"name: a\ndescription: b\nallowed-tools: {tools}")
    assert parser.parse(text).allowed_tools == ("Read", "Grep")


@pytest.mark.parametrize(
    ("line", "description"),
    [
        ("Use it for two things: asking and answering", "Use it for two things: asking and answering"),
        ("妈妈模式 — Triggers on: '/a', '/b'", "妈妈模式 — Triggers on: '/a', '/b'"),
        ('Say: "yes" # always', 'Say: "yes" # always'),
        ("[BETA] reads tables", "[BETA] reads tables"),
        ("**Always** use it", "**Always** use it"),
        ("`csv` files", "`csv` files"),
        ("@finance needs it", "@finance needs it"),
        ("%d and %s", "%d and %s"),
        ("!important rules", "!important rules"),
        ('"One" and "two"', '"One" and "two"'),
        ("> quoted on one line", "> quoted on one line"),
        ("🚀 Fast: very", "🚀 Fast: very"),
    ],
)
def test_a_colon_in_a_description_without_quotes_is_read_and_remarked(line: str, description: str) -> None:
    found = parser.parse(manifest(f"name: a\ndescription: {line}\nallowed-tools:\n  - Read"))
    assert (found.description, found.allowed_tools) == (description, ("Read",))
    assert "should stand in quotes" in found.warnings[0]


@pytest.mark.parametrize(
    ("front", "told"),
    [
        ("description: b", "Line 2: “name” is missing."),
        ("name: a", "Line 2: “description” is missing."),
        ("name: a\ndescription:", "Line 3: “description” is missing."),
        ("name: Price List\ndescription: b", "not “Price List”"),
        ("name: -a\ndescription: b", "not “-a”"),
        ("name: a--b\ndescription: b", "not “a--b”"),
        (f"name: {'a' * 65}\ndescription: b", "1 to 64 small letters"),
        ("name: ../evil\ndescription: b", "not “../evil”"),
        ("name: 名字\ndescription: b", "not “名字”"),
        ("name: [a]\ndescription: b", "must be 1 to 64"),
        (f"name: a\ndescription: {'b' * 1025}", "Line 3: “description” is longer than 1024"),
        ("name: a\ndescription: {b: c}", "Line 3: “description” must be a text."),
        (f"name: a\ndescription: b\ncompatibility: {'c' * 501}", "Line 4: “compatibility” is longer than 500"),
        ("name: a\ndescription: 'b\n  c", "is not valid YAML"),
        ("name: a\ndescription: b\nmetadata:\n\tversion: 1", "Line 5: YAML is indented with spaces"),
        ("name: a\ndescription: b\nname: c", "Line 4: “name” stands there twice; keep one."),
        ("name: a\ndescription: b\nmetadata:\n  k: 1\n  k: 2", "Line 6: “k” stands there twice"),
        ("name：a\ndescription：b", "Line 2: write a colon and a space (“: ”), not “：”."),
        ("name:a\ndescription:b", "must be lines of “key: value”"),
        ("Name: a\nDescription: b", "“Name” must be written “name”."),
        ("name: a\ndescription: ~", "“description” is missing"),
        ("- name\n- description", "must be lines of “key: value”"),
        ("name: &x a\ndescription: b\nmetadata:\n  k: *x", "references and tags of YAML"),
        ("name: a\ndescription: b\nmetadata:\n  k: !env HOME", "Line 5: references and tags of YAML"),
        ("name: a\ndescription: !!python/object/apply:os.system ['id']", "references and tags of YAML"),
    ],
)
def test_what_the_format_forbids_is_refused_with_the_line(front: str, told: str) -> None:
    assert told in refusal(manifest(front))


@pytest.mark.parametrize("hint", ["[file] [mode]", "<a> [b: c]", "--all | --one"])
def test_a_key_that_is_not_read_cannot_spoil_the_others(hint: str) -> None:
    found = parser.parse(manifest(f"name: a\ndescription: b\nargument-hint: {hint}"))
    assert (found.name, found.description) == ("a", "b")


@pytest.mark.parametrize("value", ["1.10", "2026-01-05", "007", "1e3", "yes", "0x1F", "12_000"])
def test_a_value_is_the_text_that_is_written(value: str) -> None:
    found = parser.parse(manifest(f"name: a\ndescription: {value}\nlicense: {value}\nmetadata:\n  version: {value}"))
    assert (found.description, found.license, found.metadata) == (value, value, {"version": value})


def test_a_key_may_be_written_in_other_ways_and_still_stands_there_once() -> None:
    found = parser.parse(manifest('"name": a\n? description\n: b\nmetadata : {version: 2}'))
    assert (found.name, found.description, found.metadata) == ("a", "b", {"version": "2"})
    assert "stands there twice" in refusal(manifest('name: a\ndescription: b\n"name": c'))


def test_what_a_comment_cuts_off_is_remarked() -> None:
    found = parser.parse(manifest("name: a\ndescription: Use it for #tags and more"))
    assert found.description == "Use it for"
    assert "is a comment in YAML" in found.warnings[0]
    assert parser.parse(manifest("name: a # the name\ndescription: 'b #c'")).description == "b #c"


def test_control_characters_and_spaces_of_web_pages_are_no_text() -> None:
    found = parser.parse(manifest("name:\u00a0a\ndescription: one\u3000two\x1b[0m"))
    assert (found.name, found.description) == ("a", "one two[0m")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("# Only text\n", "Line 1: SKILL.md must begin with front matter"),
        ("", "Line 1: SKILL.md must begin with front matter"),
        ("---\nname: a\ndescription: b\n", "has no end"),
        (manifest("name: a\ndescription: b", " \n"), "no instructions"),
        (manifest("name: a\ndescription: b", "x" * 200_001), "longer than 200000"),
    ],
)
def test_a_file_that_is_no_skill_says_why(text: str, told: str) -> None:
    assert told in refusal(text)


def test_untidy_things_are_remarked_and_taken() -> None:
    found = parser.parse(
        manifest("name: a\ndescription: b\nversion: 1\nmetadata: [x]\nallowed-tools: {a: b}", "x" * 21_000), "b"
    )
    assert len(found.warnings) == 5
    assert (found.metadata, found.allowed_tools) == ({}, ())


def test_refusals_speak_the_language_of_the_reader() -> None:
    with translation.override("zh-hans"):
        assert "第 2 行" in refusal(manifest("description: b"))


@given(st.text(max_size=300))
def test_any_front_matter_is_read_or_refused(front: str) -> None:
    try:
        found = parser.parse(manifest(front))
    except InvalidSkill:
        return
    assert found.name
    assert len(found.description) <= 1024
