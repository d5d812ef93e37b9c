"""Schemas of foreign tools are made fit for models, or the tool says why it cannot be used."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from skills.mcp import schemas
from skills.mcp.mending import UNUSABLE, mend
from skills.mcp.naming import LONGEST, call_name

TEXT = {"type": "string"}


@pytest.mark.parametrize(
    ("schema", "made"),
    [
        (None, {"type": "object", "properties": {}}),
        (True, {"type": "object", "properties": {}}),
        ({}, {"type": "object", "properties": {}}),
        ({"properties": {"a": TEXT}}, {"type": "object", "properties": {"a": TEXT}}),
        ({"type": ["object", "null"], "properties": {"a": TEXT}}, {"type": "object", "properties": {"a": TEXT}}),
        (
            {"$schema": "http://json-schema.org/draft-07/schema#", "title": "T", "type": "object", "properties": {}},
            {"type": "object", "properties": {}},
        ),
        # references, also a root that is one
        (
            {"type": "object", "properties": {"a": {"$ref": "#/$defs/A"}}, "$defs": {"A": TEXT}},
            {"type": "object", "properties": {"a": TEXT}},
        ),
        (
            {"$ref": "#/components/schemas/C", "components": {"schemas": {"C": {"properties": {"a": TEXT}}}}},
            {"type": "object", "properties": {"a": TEXT}},
        ),
        # a tree: one level is shown
        (
            {
                "type": "object",
                "properties": {"node": {"$ref": "#/$defs/N"}},
                "$defs": {"N": {"type": "object", "properties": {"child": {"$ref": "#/$defs/N"}}}},
            },
            {
                "type": "object",
                "properties": {"node": {"type": "object", "properties": {"child": {"type": "object"}}}},
            },
        ),
        # alternatives at the top
        (
            {"anyOf": [{"properties": {"a": TEXT}, "required": ["a"]}, {"properties": {"b": TEXT}}]},
            {"type": "object", "properties": {"a": TEXT, "b": TEXT}},
        ),
        (
            {"type": "object", "properties": {"a": TEXT}, "oneOf": [{"required": ["a"]}]},
            {"type": "object", "properties": {"a": TEXT}},
        ),
        # an array without items, choices that belong to its items, choices of a branch that is null
        (
            {"properties": {"a": {"type": "array"}}},
            {"type": "object", "properties": {"a": {"type": "array", "items": {}}}},
        ),
        (
            {"properties": {"a": {"type": "array", "enum": [0, 1]}}},
            {"type": "object", "properties": {"a": {"type": "array", "items": {"enum": [0, 1]}}}},
        ),
        (
            {"properties": {"a": {"anyOf": [TEXT, {"type": "null", "enum": ["x"]}]}}},
            {"type": "object", "properties": {"a": {"anyOf": [TEXT, {"type": "null"}]}}},
        ),
        # habits of careless servers
        ({"properties": {"a": TEXT, "required": ["a"]}}, {"type": "object", "properties": {"a": TEXT}}),
        ({"properties": {"a": {**TEXT, "required": True}}}, {"type": "object", "properties": {"a": TEXT}}),
        ({"properties": {"a": True, "b": False}}, {"type": "object", "properties": {"a": {}}}),
        ({"properties": {"a": TEXT}, "required": ["a", "b"]}, None),
        ({"properties": {"a": {"type": "any"}}}, {"type": "object", "properties": {"a": {}}}),
    ],
)
def test_a_schema_is_made_fit(schema: Any, made: Any) -> None:
    found = schemas.normalised(schema)
    expected = made or {"type": "object", "properties": {"a": TEXT}, "required": ["a"]}
    assert found == expected
    Draft202012Validator.check_schema(found)


def deep(levels: int) -> Any:
    schema: Any = TEXT
    for _ in range(levels):
        schema = {"type": "object", "properties": {"a": schema}}
    return schema


def wide() -> Any:
    """References that double at each step."""
    steps = {f"S{n}": {"properties": {side: {"$ref": f"#/$defs/S{n + 1}"} for side in "ab"}} for n in range(10)}
    return {"properties": {"a": {"$ref": "#/$defs/S0"}}, "$defs": {**steps, "S10": TEXT}}


@pytest.mark.parametrize(
    ("schema", "told"),
    [
        (TEXT, "are of type string"),
        (["a"], "is no object"),
        ({"anyOf": [TEXT, {"type": "object"}]}, "not always an object"),
        (deep(20), "nested more than"),
        (wide(), "too many parts"),
        ({"properties": {"a": {"$ref": "#/$defs/none"}}}, "which is not there"),
        ({"properties": {"a": {"$ref": "https://evil.example/s.json"}}}, "another document"),
        ({"properties": {f"p{n}": {"type": "string", "description": "x" * 900} for n in range(80)}}, "larger than"),
    ],
)
def test_what_no_model_can_be_given_says_why(schema: Any, told: str) -> None:
    with pytest.raises(schemas.Unusable, match=told):
        schemas.normalised(schema)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "properties", "items", "anyOf", "$ref", "$defs", "required", "enum", "a"]), inner
        )
    ),
    max_leaves=20,
)


@given(JSON)
@example({"type": "object", "required": [[]]})  # names that are no text
def test_any_json_is_a_schema_or_unusable(value: Any) -> None:
    made: Any = {"type": "object", "properties": {}}
    with contextlib.suppress(schemas.Unusable):
        made = schemas.normalised(value)
    assert made["type"] == "object"
    assert isinstance(made["properties"], dict)


@given(st.dictionaries(st.sampled_from(["tools", "content", "isError", "structuredContent", "nextCursor"]), JSON))
def test_any_result_can_be_mended(result: dict[str, Any]) -> None:
    mend(result)
    assert isinstance(result.get("content", []), list)


def test_one_bad_tool_does_not_cost_the_others() -> None:
    good = {"name": "good", "inputSchema": {"type": "object"}, "outputSchema": {"type": "object", "properties": True}}
    result: dict[str, Any] = {
        "tools": [None, 7, {"description": "no name"}, {"name": "odd", "inputSchema": TEXT}, good]
    }
    mend(result)
    odd, kept = result["tools"]
    assert (odd["name"], odd["_meta"]) == ("odd", {UNUSABLE: "its arguments are of type string, not object"})
    assert kept == {"name": "good", "inputSchema": {"type": "object", "properties": {}}}


# Names


def test_names_stay_readable_where_they_can() -> None:
    assert call_name("github", "create_issue") == "github__create_issue"


@given(st.text(max_size=200), st.text(max_size=200))
def test_names_are_valid_and_differ(first: str, second: str) -> None:
    names = [call_name("server", tool) for tool in (first, second)]
    assert all(len(name) <= LONGEST and name.replace("_", "a").replace("-", "a").isalnum() for name in names)
    assert (names[0] == names[1]) == (first == second)
    assert all(name.isascii() for name in names)
