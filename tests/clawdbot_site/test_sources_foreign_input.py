"""Files and variables as editors, containers and clusters write them are read, or refused with one line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from clawdbot_site.config import Config
from clawdbot_site.loading import load
from clawdbot_site.sources import ConfigError

Write = Callable[[str | bytes], Path]


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("DATABASE_URL", "REDIS_URL", "PORT", "CLAWDBOT_MEMORY__DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CLAWDBOT_HOME", str(tmp_path))


@pytest.fixture
def write(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Write:
    """Writes the file of the settings."""
    path = tmp_path / "settings.yaml"
    monkeypatch.setenv("CLAWDBOT_CONFIG", str(path))

    def write(text: str | bytes) -> Path:
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def refused() -> str:
    with pytest.raises(ConfigError) as caught:
        load()
    text = str(caught.value)
    assert text.isprintable()
    return text


@pytest.mark.parametrize(
    "text",
    [
        b"\xef\xbb\xbfweb:\n  port: 81\n",
        b"\xef\xbb\xbf# of Notepad\r\n---\r\nweb:\r\n  port: 81\r\n",
        b"web:\r  port: 81\r",
        b"web: &web\n  port: 81\nmodel_server:\n  <<: *web\n",
    ],
    ids=["byte order mark", "Windows line ends", "old Mac line ends", "anchor and merge"],
)
def test_what_editors_write_is_read(text: bytes, write: Write) -> None:
    write(text)
    assert load().web.port == 81


@pytest.mark.parametrize(
    "text", ["", "\ufeff", "# nothing yet\n", "---\n", "web:\n  # port: 1\nskills:\n  # - module: a.B\n"]
)
def test_what_holds_comments_alone_counts_as_absent(text: str, write: Write) -> None:
    write(text)
    assert load() == Config()


@pytest.mark.parametrize("text", ["false\n", "0\n", "[]\n", "''\n", "no\n"])
def test_a_file_that_is_one_value_is_refused(text: str, write: Write) -> None:
    assert refused_with(write, text) == "file: must hold keys and values"


def refused_with(write: Write, text: str | bytes) -> str:
    path = write(text)
    return refused().removeprefix(f"{path}: ")


def test_a_key_is_the_text_that_is_written(write: Write) -> None:
    write("skills:\n- module: a.B\n  config: {langs: {no: Norsk, on: x, 404: gone, 1.0: y, ~: z, 2024-01-01: day}}\n")
    assert load().skills[0].config["langs"] == {
        "no": "Norsk",
        "on": "x",
        "404": "gone",
        "1.0": "y",
        "~": "z",
        "2024-01-01": "day",
    }


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("on: 1\n", "on: unknown key; known here: home, debug,"),
        ("web:\n  yes: 1\n", "web.yes: unknown key; known here: host, port,"),
        ("web:\n  \u200bport: 1\n", "web.\\u200bport: unknown key; known here: host, port,"),
        ("\u00a0 port: 1\n", "\\xa0 port: unknown key; known here: home,"),
    ],
)
def test_an_unknown_key_is_named_as_it_is_written_and_what_nobody_sees_is_shown(
    text: str, problem: str, write: Write
) -> None:
    assert refused_with(write, text).startswith(problem)


def test_a_merge_adds_what_is_written_elsewhere_and_writes_no_key_twice(write: Write) -> None:
    write(
        "skills:\n- module: a.B\n  config:\n    base: &base {x: 1, y: 1}\n    more: {deep: &deep {<<: *base, x: 2}}\n"
        "- module: a.C\n  config: {<<: *deep, x: 3}\n"
    )
    first, second = load().skills
    assert first.config["more"]["deep"] == {"x": 2, "y": 1}
    assert second.config == {"x": 3, "y": 1}


@pytest.mark.parametrize(
    "value", ["2024-99-99", "!!int many", "!!float many", "!!bool maybe", "!!timestamp soon", "9" * 5000]
)
def test_a_value_that_is_not_what_it_looks_like_is_named_by_its_line(value: str, write: Write) -> None:
    problem = "the value is not the date, number or boolean it looks like: write it in quotes"
    assert refused_with(write, f"admin:\n  password: {value}\n") == f"line 2: {problem}"


@pytest.mark.parametrize("value", ["12345", "0123", "4.0", "yes", "2024-01-01", "12:30:45"])
def test_what_yaml_takes_for_something_else_than_text_is_refused_with_the_mend(value: str, write: Write) -> None:
    assert refused_with(write, f"admin:\n  password: {value}\n") == "admin.password: should be text: write it in quotes"


@pytest.mark.parametrize("value", ["on", "yes", "true", "off"])
def test_a_boolean_is_no_number(value: str, write: Write) -> None:
    assert refused_with(write, f"memory:\n  retention_days: {value}\n") == "memory.retention_days: should be a number"


@pytest.mark.parametrize("value", ["!S3cret-word", "*S3cret-word", "!!S3cret-word", "&S3cret-word S3cret-word: x"])
def test_a_password_that_is_no_yaml_is_not_shown(value: str, write: Write) -> None:
    text = refused_with(write, f"admin:\n  password: {value}\n")
    assert text.startswith("line 2: ")
    assert "S3cret" not in text


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("web:\n\tport: 1\n", "line 2: found character '\\t' that cannot start any token"),
        ("web:\n  host: 'a\x07b'\n", "line 2: YAML allows no character U+0007"),
        ("web:\n  host: a\n\0", "line 3: YAML allows no character U+0000"),
        ("web:\n  port: 1\n---\nweb:\n  port: 2\n", "line 3: but found another document"),
        ("web: " + "[" * 3000 + "]" * 3000, "file: is nested too deeply"),
        ("web: " + "{a: " * 2000 + "1" + "}" * 2000, "file: is nested too deeply"),
        ("web:\n  port: {{ PORT }}\n", "line 2: found unhashable key"),
        ("管理: 1\n".encode("gbk"), "CLAWDBOT_CONFIG: cannot be read: is not UTF-8 text"),
        ("web:\n".encode("utf-16"), "CLAWDBOT_CONFIG: cannot be read: is not UTF-8 text"),
        ("web:\n".encode("utf-16-le"), "line 1: YAML allows no character U+0000"),
    ],
)
def test_what_is_no_yaml_is_named_by_its_line(text: str | bytes, problem: str, write: Write) -> None:
    assert refused_with(write, text) == problem


def test_the_file_may_lie_in_the_home_of_the_user(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "mine.yaml").write_text("web:\n  port: 81\n", "utf8")
    monkeypatch.setenv("CLAWDBOT_CONFIG", " ~/mine.yaml\r")
    assert load().web.port == 81


@pytest.mark.parametrize("around", ["\r", "\n", " ", "\t", "\r\n"])
def test_white_space_around_a_variable_is_no_part_of_it(around: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLAWDBOT_MODEL_PROVIDER__API_KEY", f"sk-key{around}")
    monkeypatch.setenv("CLAWDBOT_WEB__HOST", f"{around}0.0.0.0{around}")
    monkeypatch.setenv("CLAWDBOT_DEBUG", f"true{around}")
    monkeypatch.setenv("CLAWDBOT_WEB__ALLOWED_HOSTS", f'["a"]{around}')
    monkeypatch.setenv("PORT", around)
    config = load()
    assert config.model_provider.api_key.get_secret_value() == "sk-key"
    assert (config.web.host, config.web.port, config.debug) == ("0.0.0.0", 8080, True)
    assert config.web.allowed_hosts == ("a",)


@pytest.mark.parametrize("quote", ['"', "'"])
@pytest.mark.parametrize("name", ["CLAWDBOT_MODEL_PROVIDER__API_KEY", "CLAWDBOT_WEB__PORT", "DATABASE_URL"])
def test_quotes_that_belong_to_a_value_are_refused(name: str, quote: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, f"{quote}8080{quote}")
    assert refused() == f"environment: {name}: the quotes around it are part of the value: leave them out"


SERVICE_LINKS = {
    "PORT": "tcp://10.0.0.1:80",
    "SERVICE_HOST": "10.0.0.1",
    "SERVICE_PORT": "80",
    "SERVICE_PORT_HTTP": "80",
    "PORT_80_TCP": "tcp://10.0.0.1:80",
    "PORT_80_TCP_PROTO": "tcp",
    "PORT_80_TCP_PORT": "80",
    "PORT_80_TCP_ADDR": "10.0.0.1",
}


@pytest.mark.parametrize("service", ["CLAWDBOT_", "CLAWDBOT_WEB_", "CLAWDBOT_MY_BOT_"])
def test_a_service_of_the_cluster_may_have_the_name_of_the_product(
    service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in SERVICE_LINKS.items():
        monkeypatch.setenv(service + name, value)
    assert load() == Config()


@pytest.mark.parametrize(
    "name", ["CLAWDBOT_PORT", "CLAWDBOT_WEB_PORT", "CLAWDBOT_WEB__SERVICE_HOST", "CLAWDBOT_WEB__PORT_80_TCP"]
)
def test_a_misspelt_variable_is_no_service(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "8081")
    assert refused().startswith(f"environment: {name}: unknown setting;")


def test_a_list_without_end_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLAWDBOT_SKILLS", "[" * 100_000)
    assert refused() == 'environment: CLAWDBOT_SKILLS: must be a JSON list, e.g. ["a", "b"]'
