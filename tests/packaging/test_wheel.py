"""The wheel has what the product needs and nothing else, and works from any folder."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

import clawdbot
from tests.packaging.installing import Installed, build_wheel, install
from tests.product import ROOT, Product

pytestmark = pytest.mark.e2e

LIGHT = {
    "CLAWDBOT_SEMANTIC_SEARCH__ENABLE": "false",
    "CLAWDBOT_MODEL_SERVER__ENABLE": "false",
    "CLAWDBOT_WORKER__PROCESSES": "1",
}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    return install(wheel, tmp_path_factory.mktemp("installed"))


@pytest.fixture(scope="module")
def product(installed: Installed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """`clawdbot serve` with a worker process of its own, started elsewhere."""
    product = Product(
        tmp_path_factory.mktemp("home of the product"),
        LIGHT,
        command=(installed.clawdbot,),
        folder=installed.elsewhere,
    )
    product.migrate()
    migrated = installed.run("migrate", "--verbosity", "0", CLAWDBOT_HOME=str(product.home))
    assert migrated.returncode == 0, migrated.stderr
    product.start(model=False)
    yield product
    assert product.stop() == 0


def get(product: Product, path: str, language: str = "en") -> tuple[int, str]:
    with urlopen(Request(product.url + path, headers={"Accept-Language": language}), timeout=30) as response:
        return response.status, response.read().decode()


def names(wheel: Path) -> set[str]:
    return set(zipfile.ZipFile(wheel).namelist())


def test_only_the_packages_of_the_product_become_importable(wheel: Path) -> None:
    tops = {name.partition("/")[0] for name in names(wheel)}
    info = f"clawdbot-{clawdbot.__version__}.dist-info"
    assert tops == {"adapters", "bots", "clawdbot", "clawdbot_site", "memory", "skills", info}
    assert not [name for name in names(wheel) if "__pycache__" in name or "/tests/" in name]


@pytest.mark.parametrize("room", ["adapters", "bots", "clawdbot", "clawdbot_site", "memory", "skills"])
def test_a_package_is_complete(wheel: Path, room: str) -> None:
    files = {path.relative_to(ROOT).as_posix() for path in (ROOT / room).rglob("*") if path.is_file()}
    assert {name for name in files if "__pycache__" not in name} <= names(wheel)


def test_templates_static_files_and_presets_are_in_it(wheel: Path) -> None:
    for folder in ("templates", "config"):
        files = {path.relative_to(ROOT).as_posix() for path in (ROOT / folder).rglob("*") if path.is_file()}
        assert files
        assert {f"clawdbot_site/{name}" for name in files} <= names(wheel)


def test_the_compiled_translations_are_in_it_and_not_their_sources(wheel: Path) -> None:
    found = {name for name in names(wheel) if name.startswith("clawdbot_site/locale/")}
    assert found == {"clawdbot_site/locale/zh_Hans/LC_MESSAGES/django.mo"}


def test_the_command_says_its_version_and_lists_the_commands(installed: Installed) -> None:
    said = installed.run("--version")
    assert (said.returncode, said.stdout) == (0, f"clawdbot {clawdbot.__version__}\n")
    listed = installed.run("--help", CLAWDBOT_MEMORY__TYP="wrong")  # help helps also where the settings are wrong
    assert listed.returncode == 0
    for name in ("serve", "web", "worker", "beat", "poll", "upgrade", "migrate", "doctor", "memory"):
        assert re.search(rf"^  {name} +[A-Z]", listed.stdout, re.MULTILINE), name
    assert "Usage: clawdbot COMMAND" in listed.stdout


def test_the_data_lie_in_the_folder_of_the_user_and_the_preset_is_found_by_its_name(
    installed: Installed, tmp_path: Path
) -> None:
    before = {path for path in installed.packages.rglob("*") if "__pycache__" not in path.parts}
    places = {"HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path / "data of users")}
    done = installed.run("check", "--deploy", "--fail-level", "WARNING", CLAWDBOT_CONFIG="production", **places)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "data of users/clawdbot/keys/django.key").is_file()
    assert (tmp_path / "data of users/clawdbot").stat().st_mode & 0o077 == 0
    assert {path for path in installed.packages.rglob("*") if "__pycache__" not in path.parts} == before
    assert not (installed.elsewhere / "var").exists()


def test_the_product_serves_from_elsewhere(product: Product) -> None:
    status, text = get(product, "/healthz")
    assert (status, text) == (200, f'{{"status": "alive", "version": "{clawdbot.__version__}"}}')
    assert ".claw-" in get(product, "/static/clawdbot_admin/admin.css")[1]
    assert get(product, "/static/unfold/css/styles.css")[0] == 200
    assert "登录" in get(product, "/admin/login/", "zh-CN")[1]
    assert 'lang="zh' in get(product, "/", "zh-CN")[1]


def test_a_new_skill_lies_in_the_home_and_is_found(product: Product, installed: Installed) -> None:
    home = {"CLAWDBOT_HOME": str(product.home), **LIGHT}
    made = installed.run("skill", "new", "echo_far", **home)
    assert made.returncode == 0, made.stderr
    assert (product.home / "skills/echo_far/skill.py").is_file()
    # Python finds it there, or it would not have been registered; and the advice is for an installed product.
    assert "echo_far.skill.EchoFar is a skill of all bots. Try: clawdbot skill try echo_far" in made.stdout
