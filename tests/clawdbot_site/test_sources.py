"""Environment overrides YAML, YAML overrides defaults; errors name place, key and reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from clawdbot_site import storage
from clawdbot_site.config import Config
from clawdbot_site.loading import load
from clawdbot_site.sources import ConfigError


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("DATABASE_URL", "REDIS_URL", "PORT", "CLAWDBOT_MEMORY__DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CLAWDBOT_HOME", str(tmp_path))


@pytest.fixture
def yaml_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    path = tmp_path / "settings.yaml"
    monkeypatch.setenv("CLAWDBOT_CONFIG", str(path))
    return path


def refused() -> str:
    with pytest.raises(ConfigError) as caught:
        load()
    text = str(caught.value)
    assert "\n" not in text
    return text


def test_defaults_hold_without_a_file() -> None:
    config = load()
    assert (config.memory.type, config.memory.retention_days) == ("sqlite", 90)
    assert (config.semantic_search.enable, config.semantic_search.dimension) == (True, 384)
    assert config.skills == ()


def test_the_file_wins_over_the_default(yaml_file: Path) -> None:
    yaml_file.write_text("memory:\n  retention_days: 7\n", "utf8")
    assert load().memory.retention_days == 7


def test_the_environment_wins_over_the_file(yaml_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    yaml_file.write_text("memory:\n  retention_days: 7\nsemantic_search:\n  threads: 3\n", "utf8")
    monkeypatch.setenv("CLAWDBOT_MEMORY__RETENTION_DAYS", "8")
    config = load()
    assert (config.memory.retention_days, config.semantic_search.threads) == (8, 3)


def test_short_names_set_their_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://u:p@h/d")
    monkeypatch.setenv("REDIS_URL", "redis://h:1/0")
    monkeypatch.setenv("PORT", "9")
    config = load()
    assert (config.database_url, config.redis_url, config.web.port) == ("postgresql://u:p@h/d", "redis://h:1/0", 9)
    assert config.memory.type == "postgresql"


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("mysql://u:p@h/d", "mysql"),
        ("mariadb://h/d", "mysql"),
        ("postgres://h/d", "postgresql"),
        ("sqlite://", "sqlite"),
    ],
)
def test_the_address_of_the_memories_says_their_type(url: str, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLAWDBOT_MEMORY__DATABASE_URL", url)
    config = load()
    assert config.memory.type == kind
    assert set(storage.databases(config)) == {"default", "memory"}


def test_without_an_address_there_is_one_database() -> None:
    assert set(storage.databases(load())) == {"default"}


def test_skills_are_read_as_users_write_them(yaml_file: Path) -> None:
    yaml_file.write_text('skills:\n  - module: skills.weather.WeatherSkill\n    triggers: ["天气","温度"]\n', "utf8")
    (skill,) = load().skills
    assert (skill.module, skill.triggers) == ("skills.weather.WeatherSkill", ("天气", "温度"))


def test_a_list_in_the_environment_is_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLAWDBOT_SKILLS", '[{"module": "a.B", "triggers": ["x"]}]')
    assert load().skills[0].module == "a.B"
    monkeypatch.setenv("CLAWDBOT_SKILLS", "a.B")
    assert refused() == 'environment: CLAWDBOT_SKILLS: must be a JSON list, e.g. ["a", "b"]'


def test_an_empty_section_and_an_empty_variable_count_as_absent(
    yaml_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    yaml_file.write_text("memory:\nsemantic_search:\n  dimension:\n", "utf8")
    monkeypatch.setenv("CLAWDBOT_MEMORY__TYPE", "")
    assert load() == Config()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("memroy:\n  type: sqlite\n", "memroy: unknown key; known here: home, debug,"),
        ("MEMORY:\n  type: sqlite\n", "MEMORY: unknown key; known here: home, debug,"),
        ("1: one\n", "1: unknown key; known here: home, debug,"),
        ("foo:\n", "foo: unknown key; known here: home, debug,"),
        ("memory:\n  type: oracle\n", "memory.type: should be 'sqlite', 'postgresql', 'mysql' or 'mongodb'"),
        ("memory:\n  retention_days: -1\n", "memory.retention_days: should be greater than or equal to 0"),
        ("memory:\n  retention_days: many\n", "memory.retention_days: should be a valid integer"),
        ("memory: 3\n", "memory: should be a section with keys"),
        ("skills: x\n", "skills: should be a list"),
        ("skills:\n - modul: a.B\n", "skills.0.modul: unknown key; known here: module, triggers"),
        ("skills:\n - triggers: [a]\n", "skills.0.module: is required"),
        ("model_provider:\n  endpoint: ftp://x.example\n", "model_provider.endpoint: must begin with http"),
        ("time_zone: Mars/Olympus\n", "time_zone: is not a known time zone"),
        ("home: a\nhome: b\n", "line 2: key home is written twice"),
        ("a: [\n", "line 2: "),
        ("- a\n", "file: must hold keys and values"),
        ("database_url: oracle://x\n", "database_url: must begin with one of postgresql://"),
        ("memory:\n  type: postgresql\n", "memory.type: postgresql needs memory.database_url"),
        ("semantic_search:\n  index_type: pgvector\n", "semantic_search.index_type: pgvector needs memory.type"),
        ("memory:\n  type: mysql\n", "memory.type: mysql needs memory.database_url"),
        ("memory:\n  type: mongodb\n", "memory.type: mongodb needs memory.database_url"),
        ("memory:\n  database_url: mongodb://u:p@ss/w@h/d\n", "memory.database_url: is no address: write / ? # [ ] @"),
        ("memory:\n  database_url: mongodb://h:x/d\n", "memory.database_url: is no address: write / ? # [ ] @"),
        ("memory:\n  database_url: mongodb+srv://u:p%zz@h/d\n", "memory.database_url: is no address: write / ? # [ ]"),
        ("memory:\n  database_url: mongodb://h/a%20b\n", "memory.database_url: is no address: write / ? # [ ]"),
        ("memory:\n  type: mysql\n  database_url: mongodb://h/d\n", "memory.database_url: memory.type is mysql, so"),
        (
            "memory:\n  database_url: mongodb://h/d\nsemantic_search:\n  index_type: pgvector\n",
            "semantic_search.index_type: pgvector needs",
        ),
        ("memory:\n  database_url: oracle://x\n", "memory.database_url: must begin with sqlite://, "),
        (
            "memory:\n  type: sqlite\n  database_url: mysql://h/d\n",
            "memory.database_url: memory.type is sqlite, so this must begin with sqlite://",
        ),
        ("debug: true\nweb:\n  https: true\n", "debug: must be off when web.https is on"),
    ],
)
def test_a_mistake_in_the_file_is_named(text: str, problem: str, yaml_file: Path) -> None:
    yaml_file.write_text(text, "utf8")
    assert refused().startswith(f"{yaml_file}: {problem}")


def test_a_file_that_is_missing_is_named(yaml_file: Path) -> None:
    assert refused() == f"{yaml_file}: CLAWDBOT_CONFIG: cannot be read: No such file or directory"


def test_a_folder_in_the_place_of_the_file_is_named(yaml_file: Path) -> None:
    yaml_file.mkdir()
    assert refused() == f"{yaml_file}: CLAWDBOT_CONFIG: cannot be read: Is a directory"


def test_a_file_that_is_no_text_is_named(yaml_file: Path) -> None:
    yaml_file.write_bytes(b"\xff\xfe")
    assert refused() == f"{yaml_file}: CLAWDBOT_CONFIG: cannot be read: is not UTF-8 text"


@pytest.mark.parametrize("text", ["[1", '{"a": 1}', "1"])
def test_a_variable_that_is_no_list_is_named(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLAWDBOT_WEB__ALLOWED_HOSTS", text)
    assert refused() == 'environment: CLAWDBOT_WEB__ALLOWED_HOSTS: must be a JSON list, e.g. ["a", "b"]'


def test_a_full_name_wins_over_the_short_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "9")
    monkeypatch.setenv("CLAWDBOT_WEB__PORT", "many")
    assert refused().startswith("environment: CLAWDBOT_WEB__PORT: should be a valid integer")


@pytest.mark.parametrize(
    "name", ["CLAWDBOT_FOO", "CLAWDBOT_MEMORY__TYP", "CLAWDBOT_MEMORY", "CLAWDBOT_MEMORY__TYPE__X"]
)
def test_an_unknown_variable_is_refused(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "1")
    assert refused().startswith(f"environment: {name}: unknown setting; known here: CLAWDBOT_")


def test_no_message_shows_a_value(yaml_file: Path) -> None:
    yaml_file.write_text("model_provider:\n  api_key: [sk-secret]\n  endpoint: sk-secret\n", "utf8")
    assert "sk-secret" not in refused()


def test_secrets_are_not_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLAWDBOT_MODEL_PROVIDER__API_KEY", "sk-secret")
    assert "sk-secret" not in repr(load())
