"""pyproject.toml asks for what the requirements files pin, and has the version of the product."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import pytest

import clawdbot
from tests.product import ROOT

PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf8"))
EXTRAS = PROJECT["project"]["optional-dependencies"]


def lines(name: str) -> list[str]:
    found = [line.strip() for line in (ROOT / name).read_text("utf8").splitlines()]
    return [line for line in found if line and not line.startswith("#")]


@pytest.mark.parametrize(
    ("asked", "file"),
    [
        (PROJECT["project"]["dependencies"], "requirements.txt"),
        (PROJECT["dependency-groups"]["dev"], "requirements-dev.txt"),
        (EXTRAS["speech"], "requirements-speech.txt"),
        (EXTRAS["mongodb"], "requirements-mongodb.txt"),
    ],
    ids=["run", "dev", "speech", "mongodb"],
)
def test_an_installed_product_gets_the_pins_of_the_checkout(asked: list[str], file: str) -> None:
    assert asked == lines(file)


@pytest.mark.parametrize("name", ["mysql", "postgres", "s3"])
def test_an_extra_for_a_part_of_the_default_adds_nothing(name: str) -> None:
    assert set(EXTRAS[name]) <= set(lines("requirements.txt"))


def test_the_version_is_the_one_that_the_product_says() -> None:
    assert PROJECT["project"]["version"] == clawdbot.__version__


def test_the_changelog_has_a_section_of_this_version_below_what_is_unreleased() -> None:
    headings = re.findall(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text("utf8"), re.MULTILINE)
    assert headings[:2] == ["Unreleased", clawdbot.__version__]
