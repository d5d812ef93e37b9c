"""Builds images of `deploy/Dockerfile` where no registry can be reached: `python deploy/images/build.py app model`.

Makes the base image by mmdebstrap from the packages of this machine, and builds on it with buildah, without a daemon.
Needs Debian or Ubuntu, root, mmdebstrap and buildah. Where a registry can be reached, `docker build` does the same on
the default base (docs/containers.md).
"""

from __future__ import annotations

import argparse
import configparser
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TARGETS = ("app", "model", "torch")
SUITE = "bookworm"
# What the default base has, and what the Dockerfile adds to it.
PACKAGES = ("python3", "python3-venv", "ca-certificates", "libgomp1", "postgresql-client", "tini", "tzdata")
PUBLIC_SOURCES = f"""\
deb http://deb.debian.org/debian {SUITE} main
deb http://deb.debian.org/debian {SUITE}-updates main
deb http://deb.debian.org/debian-security {SUITE}-security main
"""
CERTIFICATES = Path("/etc/ssl/certs")


@dataclass(frozen=True)
class Store:
    """A storage of buildah in a folder of its own."""

    folder: Path
    driver: str

    def run(self, *arguments: str) -> str:
        """Runs buildah; returns what it prints, and shows its errors."""
        place = ("--root", str(self.folder / "store"), "--runroot", str(self.folder / "run"))
        command = ["buildah", *place, "--storage-driver", self.driver, *arguments]
        done = subprocess.run(command, check=False, stdout=subprocess.PIPE, text=True, env=_environment())
        if done.returncode:
            sys.exit(f"buildah {arguments[0]} failed with exit code {done.returncode}")
        return done.stdout.strip()

    def remove(self) -> None:
        """Removes all images, containers and mounts of the folder."""
        place = ("--root", str(self.folder / "store"), "--runroot", str(self.folder / "run"))
        for arguments in (("umount", "--all"), ("rm", "--all"), ("rmi", "--all", "--force")):
            command = ["buildah", *place, "--storage-driver", self.driver, *arguments]
            subprocess.run(command, check=False, capture_output=True, env=_environment())
        # The driver overlay leaves its folder mounted on itself, and a build that failed its layers.
        for line in reversed(Path("/proc/self/mountinfo").read_text("utf8").splitlines()):
            if Path(line.split()[4]).is_relative_to(self.folder):
                subprocess.run(["umount", line.split()[4]], check=False, capture_output=True)
        shutil.rmtree(self.folder, ignore_errors=True)


def _environment() -> dict[str, str]:
    # chroot needs no rights to make containers, which build machines seldom have.
    return {**os.environ, "BUILDAH_ISOLATION": "chroot"}


def make_store(folder: Path) -> Store:
    """Makes a storage with the driver that works here: overlay, else vfs, which copies all files of each layer."""
    for driver in ("overlay", "vfs"):
        store = Store(folder, driver)
        place = ("--root", str(folder / "store"), "--runroot", str(folder / "run"), "--storage-driver", driver)
        tried = subprocess.run(["buildah", *place, "from", "scratch"], check=False, capture_output=True, text=True)
        if tried.returncode == 0:
            store.run("rm", "--all")
            return store
        shutil.rmtree(folder / "store", ignore_errors=True)
    sys.exit(f"buildah cannot keep images in {folder}: {tried.stderr.strip()}")


def make_base(store: Store, folder: Path) -> str:
    """Makes an image of Debian with Python; returns its name."""
    tar = folder / "base.tar"
    sources = _sources_of_debian()
    options = ["--variant=minbase", f"--include={','.join(PACKAGES)}", "--aptopt=APT::Install-Recommends false"]
    # Documentation and lists are of no use in an image, and the sources of this machine are no part of it.
    slim = [f"--dpkgopt=path-exclude=/usr/share/{name}/*" for name in ("man", "doc", "info", "locale")]
    kept = ["--dpkgopt=path-include=/usr/share/doc/*/copyright"]
    public = folder / "sources.list"
    public.write_text(PUBLIC_SOURCES, "utf8")
    hooks = [
        "--customize-hook=rm -rf $1/etc/apt/sources.list.d/* $1/var/cache/apt/*.bin $1/var/log/*.log $1/etc/hostname",
        f"--customize-hook=upload {public} /etc/apt/sources.list",
    ]
    command = ["mmdebstrap", "--quiet", *options, *slim, *kept, *hooks, SUITE, str(tar), *map(str, sources)]
    subprocess.run(command, check=True)
    container = store.run("from", "scratch")
    store.run("add", "--quiet", container, str(tar), "/")
    store.run("commit", "--quiet", "--format", "docker", container, "localhost/base")
    store.run("rm", container)
    tar.unlink()
    return "localhost/base"


def _sources_of_debian() -> list[Path]:
    """Returns the files of apt that name Debian's packages; others, such as those of a vendor, are left out."""
    folder = Path("/etc/apt")
    files = [folder / "sources.list", *sorted((folder / "sources.list.d").glob("*.*"))]
    found = [
        file
        for file in files
        if file.suffix in {".list", ".sources"} and file.is_file() and SUITE in file.read_text("utf8")
    ]
    return [file for file in found if "debian" in file.name or file.name == "sources.list"] or found


def pip_options(environment: Mapping[str, str]) -> dict[str, str]:
    """Returns the options of pip on this machine: of its files, then of the environment."""
    # Not under the variables of an install that is going on, which would name other files.
    listed = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], check=True, capture_output=True, text=True
    ).stdout
    options: dict[str, str] = {}
    for line in listed.splitlines():
        name, _, value = line.partition("=")
        section, _, key = name.partition(".")
        if section == "global":
            options[key] = value.strip("'\"").replace("\\n", "\n")
    for name, value in environment.items():
        if name.startswith("PIP_") and value and name != "PIP_CONFIG_FILE":
            options[name.removeprefix("PIP_").lower().replace("_", "-")] = value
    return options


def folders_of(options: Mapping[str, str]) -> list[Path]:
    """Returns the folders and files of this machine that options of pip name."""
    words = [word.removeprefix("file://").rstrip("/") for value in options.values() for word in value.split()]
    # The pages of an index name files that lie beside the folder of the pages.
    paths = [Path(word.removesuffix("/simple")) for word in words if word.startswith("/")]
    return sorted({path for path in paths if path.exists()})


@contextmanager
def pip_secrets(folder: Path) -> Iterator[list[str]]:
    """Yields options of buildah that lend the configuration of pip to the build; no file of it reaches a layer."""
    options = pip_options(os.environ)
    file = folder / "pip.conf"
    settings = configparser.RawConfigParser()
    settings["global"] = {name: value.replace("\n", "\n    ") for name, value in options.items()}
    with file.open("w", encoding="utf8") as opened:
        settings.write(opened)
    file.chmod(0o600)
    lent = {CERTIFICATES, *folders_of(options)}
    lent = {path for path in lent if not any(path != other and path.is_relative_to(other) for other in lent)}
    volumes = [f"--volume={path}:{path}:ro" for path in sorted(lent) if path.is_dir()]
    files = [f"--volume={path}:{path}:ro" for path in sorted(lent) if path.is_file()]
    try:
        yield [f"--secret=id=pip_conf,src={file}", *volumes, *files]
    finally:
        file.unlink()


def build(store: Store, target: str, base: str, lent: list[str], tag: str) -> str:
    """Builds one target; returns the name of the image."""
    name = f"localhost/clawdbot{'' if target == 'app' else '-' + target}:{tag}"
    layers = ["--layers"] if store.driver == "overlay" else []
    options = ["--pull-never", "--isolation=chroot", "--format=docker", f"--build-arg=BASE={base}", *layers, *lent]
    store.run("bud", "--quiet", *options, f"--target={target}", f"--tag={name}", "-f", "deploy/Dockerfile", str(ROOT))
    return name


def main() -> None:
    """Builds the targets and writes each as an archive that `docker load` and `podman load` read."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("targets", nargs="*", default=["app", "model"], help=f"of {', '.join(TARGETS)}")
    parser.add_argument("--output", type=Path, default=ROOT / "dist", help="folder of the archives (default: dist)")
    parser.add_argument("--keep", type=Path, help="folder of a storage of buildah that is left; no archive is written")
    given = parser.parse_args()
    if wrong := [name for name in given.targets if name not in TARGETS]:
        parser.error(f"unknown target {wrong[0]}; known: {', '.join(TARGETS)}")
    _check_tools()
    os.chdir(ROOT)
    scratch = Path(tempfile.mkdtemp(prefix="clawdbot-images-"))
    store = make_store(given.keep or scratch / "storage")
    try:
        base = make_base(store, scratch)
        with pip_secrets(scratch) as lent:
            for target in given.targets:
                began = time.monotonic()
                name = build(store, target, base, lent, _version())
                size = store.run("images", "--format", "{{.Size}}", name)
                where = "" if given.keep else f", {_save(store, name, given.output)}"
                sys.stdout.write(f"{name}: {size} in {time.monotonic() - began:.0f} s{where}\n")
                sys.stdout.flush()
    finally:
        if not given.keep:
            store.remove()
        shutil.rmtree(scratch, ignore_errors=True)


def _check_tools() -> None:
    if os.geteuid() != 0:
        sys.exit("Building without a registry needs root. With a registry: docker build -f deploy/Dockerfile .")
    if missing := [name for name in ("mmdebstrap", "buildah") if shutil.which(name) is None]:
        sys.exit(f"Missing: {', '.join(missing)}. Install them: apt-get install mmdebstrap buildah")


def _version() -> str:
    text = (ROOT / "pyproject.toml").read_text("utf8")
    found = re.search(r'^version = "([^"]+)"', text, re.MULTILINE)
    return found[1] if found else "0"


def _save(store: Store, name: str, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / (name.removeprefix("localhost/").replace(":", "-") + ".tar")
    file.unlink(missing_ok=True)
    store.run("push", "--quiet", name, f"docker-archive:{file}:{name}")
    return file


if __name__ == "__main__":
    main()
