"""Images that `deploy/images/build.py` builds, and containers of them, made of namespaces and chroot.

A container has a root that cannot be written, process ids of its own, no capabilities and the user of the image. It
shares the network of this machine. No container engine is needed, only root.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from tests.product import ROOT

# The number of the user of the images.
USER_ID = 10001
BUILD = ROOT / "deploy/images/build.py"
# Runs as root in namespaces of its own, and becomes the first process of the image.
_ENTER = """
set -eu
mount --make-rprivate /
mount --bind "$IMAGE" "$ROOT"
mount -o remount,bind,ro "$ROOT"
mount -t tmpfs -o mode=1777 tmpfs "$ROOT/tmp"
mount -t proc proc "$ROOT/proc"
mount --rbind /dev "$ROOT/dev"
for pair in $BINDS; do mount --bind "${pair%%=*}" "$ROOT${pair#*=}"; done
cd "$ROOT"
exec chroot "$ROOT" /usr/bin/setpriv --no-new-privs --bounding-set=-all --inh-caps=-all \\
    --reuid="${USER_SPEC%%:*}" --regid="${USER_SPEC#*:}" --clear-groups /usr/bin/env -i "$@"
"""


@dataclass(frozen=True)
class Image:
    """A built image, mounted.

    Attributes:
        root: The folder with its files.
        config: What the image says of itself: User, Env, Entrypoint, Cmd, Healthcheck, …
        size: Bytes of its files.
        history: How its layers were made, as JSON.
    """

    root: Path
    config: dict[str, Any]
    size: int
    history: str

    @property
    def variables(self) -> dict[str, str]:
        return dict(entry.split("=", 1) for entry in self.config["Env"])


class Storage:
    """The storage of buildah in which the images of a test run lie.

    TEST_IMAGES may name a storage that `build.py --keep` has left: then nothing is built and nothing is removed.
    """

    def __init__(self) -> None:
        named = Path(os.environ.get("TEST_IMAGES", ""))
        self.is_kept = named.is_absolute() and named.is_dir()
        self.folder = named if self.is_kept else Path(tempfile.mkdtemp(prefix="clawdbot-images-"))
        self._module = _build_module()
        self._store: Any = None

    def build(self, *targets: str) -> None:
        """Builds the targets."""
        if not self.is_kept:
            command = [sys.executable, str(BUILD), *targets, "--keep", str(self.folder)]
            done = subprocess.run(command, capture_output=True, text=True, timeout=1500, check=False, cwd=ROOT)
            assert done.returncode == 0, done.stderr[-4000:]
        self._store = self._module.Store(self.folder, self._driver())

    def image(self, name: str) -> Image:
        container = self._store.run("from", name)
        said = json.loads(self._store.run("inspect", "--type", "image", name))
        root = Path(self._store.run("mount", container))
        return Image(root, said["Docker"]["config"], _size(root), json.dumps(said["Docker"]["history"]))

    def remove(self) -> None:
        if self.is_kept:
            return
        if self._store is not None:
            self._store.remove()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _driver(self) -> str:
        return "overlay" if (self.folder / "store" / "overlay").is_dir() else "vfs"


def _build_module() -> Any:
    import importlib.util

    spec = importlib.util.spec_from_file_location("clawdbot_images_build", BUILD)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def _size(root: Path) -> int:
    """Returns the bytes of all files; those with several names count once."""
    out = subprocess.run(["du", "-sb", str(root)], check=True, capture_output=True, text=True).stdout
    return int(out.split()[0])


@dataclass
class Container:
    """A process of an image.

    Attributes:
        image: Its image.
        home: Folder that is mounted as CLAWDBOT_HOME; None: the folder of the image, which cannot be written.
        settings: Further variables.
        binds: Further folders, by their path in the container.
        user: Who runs it; "" for the user of the image.
        points: The empty folders on which its roots were mounted.
    """

    image: Image
    home: Path | None = None
    settings: dict[str, str] = field(default_factory=dict)
    binds: dict[str, Path] = field(default_factory=dict)
    user: str = ""
    process: subprocess.Popen[str] | None = None
    points: list[Path] = field(default_factory=list)
    log: Path = field(default_factory=lambda: Path(tempfile.mkstemp(prefix="clawdbot-container-")[1]))

    def start(self, *arguments: str, entrypoint: tuple[str, ...] | None = None) -> None:
        """Starts the entry point of the image with the arguments, or with those of the image."""
        first = list(entrypoint) if entrypoint is not None else self.image.config["Entrypoint"]
        command = [*first, *(arguments or (self.image.config["Cmd"] if entrypoint is None else ()))]
        variables = [f"{name}={value}" for name, value in {**self.image.variables, **self.settings}.items()]
        mounts = {"/var/lib/clawdbot": self.home, **self.binds} if self.home else dict(self.binds)
        point = Path(tempfile.mkdtemp(prefix="clawdbot-root-"))
        self.points.append(point)
        entered = {
            "PATH": os.environ["PATH"],
            "IMAGE": str(self.image.root),
            "ROOT": str(point),
            "BINDS": " ".join(f"{path}={inside}" for inside, path in mounts.items()),
            "USER_SPEC": self.user or self.image.config["User"],
        }
        unshared = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", _ENTER, "enter"]
        place = ["--chdir", self.image.config["WorkingDir"]]
        with self.log.open("a") as log:
            self.process = subprocess.Popen(
                [*unshared, *place, *variables, *command],
                env=entered,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                text=True,
            )

    def run(
        self, *arguments: str, timeout_s: float = 240, entrypoint: tuple[str, ...] | None = None
    ) -> tuple[int, str]:
        """Runs a command to its end; returns its exit code and what it prints."""
        before = len(self.said())
        self.start(*arguments, entrypoint=entrypoint)
        assert self.process is not None
        code = self.process.wait(timeout_s)
        return code, self.said()[before:]

    def said(self) -> str:
        return self.log.read_text("utf8", errors="replace")

    def first(self) -> int:
        """Returns the process id, outside, of the first process in the container."""
        assert self.process is not None
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        end = time.monotonic() + 30
        while time.monotonic() < end:
            if found := children.read_text("ascii").split():
                return int(found[0])
            time.sleep(0.05)
        raise AssertionError(f"no process in the container:\n{self.said()}")

    def stop(self, number: int = signal.SIGTERM, wait_s: float = 60) -> tuple[int, float]:
        """Sends the signal to the first process, as `docker stop` does; returns exit code and seconds."""
        assert self.process is not None
        began = time.monotonic()
        os.kill(self.first(), number)
        return self.process.wait(wait_s), time.monotonic() - began

    def end(self) -> None:
        """Kills what still runs."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait(30)
        self.log.unlink(missing_ok=True)
        for point in self.points:  # mounted in the namespace alone, which is gone
            point.rmdir()
        self.points.clear()

    def check_health(self) -> tuple[int, str]:
        """Runs the health check of the image beside this container; returns its exit code and what it prints."""
        beside = Container(self.image, settings=self.settings)
        try:
            return beside.run(entrypoint=tuple(self.image.config["Healthcheck"]["Test"][1:]))
        finally:
            beside.end()


def volume(folder: Path, owner: int = USER_ID) -> Path:
    """Returns a folder as Docker makes a volume: of the user of the image."""
    folder.mkdir(mode=0o700)
    os.chown(folder, owner, owner)
    return folder


def get(url: str, **headers: str) -> tuple[int, str]:
    request = Request(url, headers={name.replace("_", "-"): value for name, value in headers.items()})
    try:
        with urlopen(request, timeout=20) as response:
            return response.status, response.read().decode()
    except HTTPError as error:
        return error.code, error.read().decode()
    except URLError:
        return 0, ""


def wait_for(url: str, container: Container, wait_s: float = 240, **headers: str) -> str:
    end = time.monotonic() + wait_s
    while time.monotonic() < end:
        assert container.process is not None
        assert container.process.poll() is None, container.said()
        status, text = get(url, **headers)
        if status == 200:
            return text
        time.sleep(0.5)
    raise AssertionError(f"{url} does not answer:\n{container.said()[-4000:]}")
