"""The product as a wheel, installed into an environment of its own that borrows the libraries of this one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

from tests.product import ROOT


def build_wheel(folder: Path) -> Path:
    """Builds the wheel of the checkout into the folder."""
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert built.returncode == 0, built.stderr
    (wheel,) = folder.glob("*.whl")
    return wheel


@dataclass(frozen=True)
class Installed:
    """An environment with the product.

    Attributes:
        folder: The environment.
        elsewhere: A folder to work in, with files whose names are those of packages of the product.
    """

    folder: Path
    elsewhere: Path

    @property
    def packages(self) -> Path:
        return next((self.folder / "lib").glob("python3*/site-packages"))

    @property
    def clawdbot(self) -> str:
        return str(self.folder / "bin" / "clawdbot")

    def run(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Runs `clawdbot` in the folder elsewhere, with these variables and none of the test run's."""
        return subprocess.run(
            [self.clawdbot, *arguments],
            cwd=self.elsewhere,
            env=environment(**variables),
            capture_output=True,
            text=True,
            timeout=280,
            check=False,
        )


def environment(**variables: str) -> dict[str, str]:
    """Returns the environment of the shell without settings of the test run and without a path of Python."""
    dropped = ("DATABASE_URL", "REDIS_URL", "PORT", "PYTHONPATH")
    ours = ("CLAWDBOT_", "TEST_", "DJANGO_", "PYTEST_")
    kept = {name: text for name, text in os.environ.items() if name not in dropped and not name.startswith(ours)}
    return kept | variables


def install(wheel: Path, folder: Path) -> Installed:
    """Installs the wheel without its requirements: a .pth file leads to the libraries of this Python."""
    made = Installed(folder / "environment", folder / "a folder elsewhere")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(made.folder)], timeout=60, check=True)
    libraries = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    (made.packages / "borrowed.pth").write_text("\n".join(sorted(libraries)))
    pip = [sys.executable, "-m", "pip", "--python", str(made.folder / "bin" / "python"), "install", "-qq"]
    options = ["--disable-pip-version-check", "--no-deps", "--no-index", "--no-compile"]
    subprocess.run([*pip, *options, str(wheel)], timeout=280, check=True)
    made.elsewhere.mkdir()
    for name in ("skills", "bots", "clawdbot_site"):
        (made.elsewhere / name).mkdir()
        (made.elsewhere / name / "__init__.py").write_text("raise SystemExit('imported from the working directory')")
    (made.elsewhere / "locale").mkdir()
    shutil.copyfile(ROOT / "LICENSE", made.elsewhere / "templates")
    return made
