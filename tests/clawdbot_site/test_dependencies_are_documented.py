"""docs/dependencies.md has one line per requirement, with the pinned version."""

from __future__ import annotations

import re

import pytest

from tests.clawdbot_site.builders import ROOT

PIN = re.compile(r"([A-Za-z0-9_.-]+)(?:\[[^\]]+\])?==([^\s;]+)(?:\s*;.*)?")


def pins(name: str) -> list[tuple[str, str]]:
    lines = [line.strip() for line in (ROOT / name).read_text("utf8").splitlines()]
    matches = [(line, PIN.fullmatch(line)) for line in lines if line and not line.startswith("#")]
    assert all(match for _, match in matches), [line for line, match in matches if not match]
    return [(match[1], match[2]) for _, match in matches if match]


ALL = pins("requirements.txt") + pins("requirements-dev.txt") + pins("requirements-otel.txt")


@pytest.mark.parametrize(("package", "version"), ALL)
def test_a_requirement_is_documented(package: str, version: str) -> None:
    rows = (ROOT / "docs/dependencies.md").read_text("utf8").splitlines()
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows if row.startswith(f"| {package} |")]
    assert len(cells) == 1, f"docs/dependencies.md has {len(cells)} rows for {package}"
    _, documented, why, licence, released = cells[0]
    assert documented == version
    assert len(why) > 3
    assert licence
    # Of some versions only the month is known here, or not even that.
    assert re.fullmatch(r"\d{4}-\d\d(-\d\d)?|unknown", released)


def test_torch_is_pinned_exactly() -> None:
    assert dict(ALL)["torch"] == "2.13.0"
