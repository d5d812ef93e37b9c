"""docs/settings.md and config/production.yaml list every setting with its default and variable."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import SecretStr

from clawdbot_site.config import Config, SkillSettings
from clawdbot_site.sources import keys
from tests.clawdbot_site.builders import ROOT

SETTINGS = keys(Config)
SHORT = {("database_url",): "DATABASE_URL", ("redis_url",): "REDIS_URL", ("web", "port"): "PORT"}


def documented_row(key: tuple[str, ...]) -> str:
    start = f"| `{'.'.join(key)}` |"
    rows = [line for line in (ROOT / "docs/settings.md").read_text("utf8").splitlines() if line.startswith(start)]
    assert len(rows) == 1, f"docs/settings.md has {len(rows)} rows that start with {start}"
    return rows[0]


def shown(default: Any) -> str:
    if isinstance(default, SecretStr):
        default = default.get_secret_value()
    if isinstance(default, bool):
        return str(default).lower()
    if isinstance(default, tuple):
        return ", ".join(f'"{item}"' for item in default)
    return str(default) or "empty"


@pytest.mark.parametrize("key", SETTINGS, ids=".".join)
def test_a_setting_is_documented(key: tuple[str, ...]) -> None:
    field = SETTINGS[key]
    row = documented_row(key)
    assert field.description, "give the field a description"
    assert field.description in row
    assert SHORT.get(key, "CLAWDBOT_" + "__".join(key).upper()) in row
    if key != ("home",):
        assert shown(field.get_default(call_default_factory=True)) in row


@pytest.mark.parametrize("name", SkillSettings.model_fields)
def test_a_key_of_a_skill_is_documented(name: str) -> None:
    documented_row((f"skills[].{name}",))


def test_no_documented_setting_is_gone() -> None:
    known = {".".join(key) for key in SETTINGS} | {f"skills[].{name}" for name in SkillSettings.model_fields}
    lines = (ROOT / "docs/settings.md").read_text("utf8").splitlines()
    assert {line.split("`")[1] for line in lines if line.startswith("| `")} == known


def test_the_production_file_names_every_key() -> None:
    values = yaml.safe_load((ROOT / "config/production.yaml").read_text("utf8"))
    named = set()
    for name, value in values.items():
        section = isinstance(value, dict)
        named |= {(name, inner) for inner in value} if section else {(name,)}
    assert named == set(SETTINGS)
    assert set(values["skills"][0]) == set(SkillSettings.model_fields)


def test_the_production_file_is_valid(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("DATABASE_URL", "REDIS_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CLAWDBOT_CONFIG", str(ROOT / "config/production.yaml"))
    monkeypatch.setenv("CLAWDBOT_HOME", str(tmp_path))
    config = Config()
    assert config.web.https
    assert config.home == tmp_path
