"""The services of compose.yaml and Kubernetes, run from the images: migration, processes, keys, the model service."""

from __future__ import annotations

import json
import os
import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import unquote
from urllib.request import Request, urlopen

import pytest

from tests import servers
from tests.packaging.containers import USER_ID, Container, Image, get, volume, wait_for
from tests.packaging.deployment_files import containers
from tests.product import free_port
from tests.waiting import eventually

pytestmark = [pytest.mark.images, pytest.mark.timeout(1800)]


class Parts:
    """The services of compose.yaml: a container each, one volume, PostgreSQL and Redis."""

    def __init__(self, image: Image, home: Path, settings: dict[str, str], binds: dict[str, Path]) -> None:
        self.make = lambda: Container(image, home, settings, binds)
        self.running: dict[str, Container] = {}

    def start(self, *arguments: str, name: str = "") -> Container:
        container = self.running[name or arguments[0]] = self.make()
        container.start(*arguments)
        return container


@pytest.fixture(scope="module")
def parts(app: Image, settings: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parts]:
    folder = tmp_path_factory.mktemp("parts")
    port = free_port()
    with servers.postgresql() as database, servers.redis() as redis:
        # The socket of the server lies in a folder of this machine; /mnt is a folder that the image has.
        place = database.partition("@")[2].partition("/")[0]
        placed = settings | {
            "DATABASE_URL": database.replace(place, "%2Fmnt"),
            "REDIS_URL": redis,
            "PORT": str(port),
            "CLAWDBOT_API__METRICS_TOKEN": "a token",
            "CLAWDBOT_WEB__ALLOWED_HOSTS": '["localhost", "127.0.0.1", "web"]',
        }
        Path(unquote(place)).chmod(0o755)  # the servers of tests keep it to themselves
        parts = Parts(app, volume(folder / "home"), placed, {"/mnt": Path(unquote(place))})
        try:
            yield parts
        finally:
            for container in parts.running.values():
                container.end()


@pytest.fixture(scope="module")
def migrated(parts: Parts) -> Parts:
    waiting = parts.running["waiting"] = parts.make()
    code, _ = waiting.run("migrate", "--check")
    assert code == 1  # the pods wait
    command = ("tini", "--", "sh", "-c", "clawdbot upgrade && clawdbot setup")
    for name in ("first", "second"):  # two at once
        container = parts.running[name] = parts.make()
        container.start(entrypoint=command)
    for name in ("first", "second"):
        process = parts.running[name].process
        assert process is not None
        assert process.wait(400) == 0, parts.running[name].said()
    assert waiting.run("migrate", "--check")[0] == 0
    return parts


def test_the_services_of_compose_answer_a_signed_webhook(migrated: Parts) -> None:
    web = migrated.start("web")
    migrated.start("worker")
    migrated.start("worker", name="second worker")
    migrated.start("beat")
    base = f"http://127.0.0.1:{web.settings['PORT']}"
    end = time.monotonic() + 120
    while '"status": "ready"' not in wait_for(f"{base}/readyz", web):
        assert time.monotonic() < end, get(f"{base}/readyz")
        time.sleep(1)
    beside = migrated.make()
    code, said = beside.run(
        "simulate", "slack", "--url", base, "--text", "hello there", "--hurry", "100", "--wait", "90"
    )
    beside.end()
    assert code == 0, said
    assert "You said: hello there" in said


def test_prometheus_reads_the_counters_of_all_services_under_the_name_of_compose(migrated: Parts) -> None:
    web = migrated.running["web"]
    address = f"http://127.0.0.1:{web.settings['PORT']}/metrics"
    status, text = get(address, Host="web:8080", Authorization="Bearer a token")
    assert status == 200
    assert re.search(r'^clawdbot_hops_total\{.*hop="answered".*\} [1-9]', text, re.MULTILINE)  # a worker counted it
    assert 'clawdbot_inbox_depth{state="pending"} ' in text
    assert re.search(r'^clawdbot_workers\{role="worker"\} 2', text, re.MULTILINE)
    assert get(address, Host="10.1.2.3:8080", Authorization="Bearer a token")[0] == 400  # why pods allow their address
    assert get(address, Host="web:8080", X_Forwarded_For="10.1.2.3")[0] == 403


def test_poll_without_a_channel_says_why_and_waits(migrated: Parts) -> None:
    poll = migrated.start("poll")
    eventually(lambda: "no enabled channel that can be polled" in poll.said(), 60)
    assert poll.process is not None
    assert poll.process.poll() is None


@pytest.mark.parametrize("name", ["beat", "poll", "second worker", "worker", "web"])
def test_each_service_ends_in_time_when_it_is_stopped(migrated: Parts, name: str) -> None:
    code, seconds = migrated.running[name].stop()
    assert code in {0, 128 + signal.SIGTERM}, migrated.running[name].said()[-2000:]
    assert seconds < 30


def test_keys_of_a_secret_are_copied_as_the_pods_do(app: Image, settings: dict[str, str], tmp_path: Path) -> None:
    """Kubernetes mounts a Secret as files of root that the group may read: the product refuses them there."""
    secret = tmp_path / "secret"
    secret.mkdir()
    maker = Container(app, volume(tmp_path / "maker"), settings)
    assert maker.run("check")[0] == 0
    maker.end()
    for name in ("django.key", "encryption.key"):
        text = (tmp_path / "maker/keys" / name).read_bytes()
        (secret / name).write_bytes(text)
        (secret / name).chmod(0o440)
        os.chown(secret / name, 0, USER_ID)
    mounted = volume(tmp_path / "mounted")
    (mounted / "keys").mkdir()
    refused = Container(app, mounted, settings, {"/var/lib/clawdbot/keys": secret})
    code, said = refused.run("check")
    refused.end()
    assert code == 1
    assert "django.key" in said
    copied = Container(app, volume(tmp_path / "copied"), settings, {"/mnt": secret})
    made = next(one for _, _, one in containers() if one["name"] == "keys")["command"][-1]
    command = f"{made.replace('/keys/*.key', '/mnt/*.key')} && clawdbot check"
    code, said = copied.run("-c", command, entrypoint=("sh",))
    copied.end()
    assert code == 0, said


def test_the_model_service_answers(model: Image, tmp_path: Path) -> None:
    port = free_port()
    key = {"CLAWDBOT_MODEL_SERVER__API_KEY": "a key", "CLAWDBOT_MODEL_SERVER__PORT": str(port)}
    container = Container(model, volume(tmp_path / "home"), key)
    container.start()
    base = f"http://127.0.0.1:{port}"
    try:
        assert json.loads(wait_for(f"{base}/health", container)) == {"status": "ok"}
        assert get(f"{base}/v1/models")[0] == 200 or get(f"{base}/v1/models", Authorization="Bearer a key")[0] == 200
        assert "SmolLM2" in get(f"{base}/v1/models", Authorization="Bearer a key")[1]
        body = json.dumps({"messages": [{"role": "user", "content": "Say hello."}], "max_tokens": 8}).encode()
        asked = Request(
            f"{base}/v1/chat/completions", body, {"Content-Type": "application/json", "Authorization": "Bearer a key"}
        )
        with urlopen(asked, timeout=60) as response:
            assert json.load(response)["choices"][0]["message"]["content"]
        with pytest.raises(HTTPError, match="401"):
            urlopen(Request(f"{base}/v1/chat/completions", body, {"Content-Type": "application/json"}), timeout=60)
        check = Container(model)
        assert check.run("/health", str(port), entrypoint=("clawdbot-health",))[0] == 0
        check.end()
        code, seconds = container.stop()
        assert code in {0, 128 + signal.SIGTERM}
        assert seconds < 15
    finally:
        container.end()
