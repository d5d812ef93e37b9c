"""The files of deploy/ as data, for tests that compare them with the product."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tests.product import ROOT

DEPLOY = ROOT / "deploy"
KUBERNETES = DEPLOY / "kubernetes"
# Values of compose.env.example that somebody has filled in.
FILLED = {"POSTGRES_PASSWORD": "abc123", "ADMIN_PASSWORD": "long password", "METRICS_TOKEN": "abc", "MODEL_KEY": "abc"}

Object = dict[str, Any]


def tool(name: str) -> str:
    """Returns the program that the development requirements install beside the interpreter."""
    beside = Path(sys.executable).parent / name
    found = str(beside) if beside.exists() else shutil.which(name)
    assert found is not None, f"{name} is missing: make install-dev"
    return found


def text(name: str) -> str:
    return (DEPLOY / name).read_text("utf8")


@cache
def compose() -> Object:
    """Returns compose.yaml as docker compose understands it, with all profiles."""
    command = [tool("docker-compose"), "--file", str(DEPLOY / "compose.yaml"), "--profile", "*", "config"]
    environment = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", **FILLED}
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    found: Object = yaml.safe_load(done.stdout)
    return found


@cache
def kubernetes(*components: str) -> tuple[Object, ...]:
    """Returns the objects that kustomize makes of deploy/kubernetes, and of it with the components."""
    if not components:
        return _objects(KUBERNETES)
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made).resolve() / "kubernetes"
        shutil.copytree(KUBERNETES, folder)
        with (folder / "kustomization.yaml").open("a", encoding="utf8") as file:
            file.write(f"components: [{', '.join(f'components/{name}' for name in components)}]\n")
        return _objects(folder)


def _objects(folder: Path) -> tuple[Object, ...]:
    command = [tool("kubectl"), "kustomize", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return tuple(yaml.safe_load_all(done.stdout))


def of_kind(*kinds: str) -> dict[str, Object]:
    """Returns the objects of these kinds by name."""
    return {one["metadata"]["name"]: one for one in kubernetes() if one["kind"] in kinds}


def pod(found: Object) -> Object:
    spec: Object = found["spec"]["template"]["spec"]
    return spec


def component(found: Object) -> str:
    return str(found["spec"]["template"]["metadata"]["labels"]["app.kubernetes.io/component"])


def containers() -> Iterator[tuple[str, Object, Object]]:
    """Yields each container with the name of its workload and its pod, also those that start first."""
    for name, found in of_kind("Deployment", "Job").items():
        for one in [*pod(found).get("initContainers", []), *pod(found)["containers"]]:
            yield name, pod(found), one


def commands(arguments: list[str]) -> list[str]:
    """Returns the commands of the product that a command line runs."""
    line = " ".join(arguments)
    return re.findall(r"\bclawdbot ([a-z_]+)", line) or arguments[:1]


def lines_of_env(name: str) -> dict[str, str]:
    """Returns the variables of a file of lines NAME=VALUE."""
    lines = [line for line in text(name).splitlines() if line and not line.startswith("#")]
    return {key: value for key, _, value in (line.partition("=") for line in lines)}
