"""Writes a new skill: a package with a working class and its test."""

from __future__ import annotations

import importlib.util
import keyword
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from bots.operations.errors import OperationError
from skills.models import Skill

_SKILL = '''"""The skill {name}. Edit it: the product loads it again within two seconds."""

from typing import Annotated

from clawdbot.skills import BaseSkill, Effect, Question


class {class_name}(BaseSkill):
    name = "{name}"
    description = "Says a text several times · 把一句话说几遍"
    triggers = ("{trigger}",)
    effects = frozenset({{Effect.READS}})

    def execute(
        self,
        context,
        text: Annotated[str, Question("What shall I say?", zh="要我说什么？")],
        times: Annotated[int, Question("How often?", zh="几遍？")] = 1,
    ):
        if context.language.startswith("zh"):
            return f"好的：{{text * min(times, 5)}}"
        return "All right: " + " ".join([text] * min(times, 5))
'''

_TEST = '''"""Run it with: pytest {folder}"""

from clawdbot import testing
from {package}.skill import {class_name}


def test_it_says_the_text():
    answer = testing.run({class_name}, text="hello", times=2)
    assert answer.text == "All right: hello hello"


def test_it_speaks_chinese():
    assert testing.run({class_name}, text="你好", language="zh-hans").text == "好的：你好"
'''


@dataclass(frozen=True, slots=True)
class Written:
    """What was written: the dotted path of the class, the files, the row if it was registered.

    `found` tells whether Python finds the package. A row for one that it does not find would be a skill that fails.
    """

    module: str
    files: tuple[Path, ...]
    skill: Skill | None
    found: bool


def write(name: str, folder: Path, *, register: bool) -> Written:
    """Writes the package `name` into a folder.

    Args:
        name: A Python name in lower case.
        folder: Must be on the Python path of the product for the skill to be loaded.
        register: Also make a row for all bots, if Python finds the package.

    Raises:
        OperationError: The name cannot be used, the folder exists, or it cannot be written.
    """
    if keyword.iskeyword(name):
        raise OperationError(f"{name} is a word of Python itself: use another name")
    if not re.fullmatch(r"[a-z][a-z0-9_]{1,39}", name):
        raise OperationError(f"{name}: use 2 to 40 lower-case letters, digits and _, beginning with a letter")
    package = folder / name
    if package.exists() or name in sys.stdlib_module_names or importlib.util.find_spec(name) is not None:
        raise OperationError(f"{package} exists already, or its name is taken")
    class_name = "".join(part.capitalize() for part in name.split("_"))
    facts = {
        "name": name,
        "class_name": class_name,
        "trigger": name.replace("_", " "),
        "package": name,
        "folder": package,
    }
    files = {"__init__.py": "", "skill.py": _SKILL.format(**facts), f"test_{name}.py": _TEST.format(**facts)}
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        package.mkdir()
        for file, text in files.items():
            (package / file).write_text(text, encoding="utf8")
    except OSError as error:
        raise OperationError(f"{package} cannot be written: {error.strerror}") from None
    module = f"{name}.skill.{class_name}"
    importlib.invalidate_caches()
    spec = importlib.util.find_spec(name)
    found = spec is not None and spec.origin is not None and Path(spec.origin).parent.samefile(package)
    row = Skill.objects.get_or_create(module=module, defaults={"name": name})[0] if register and found else None
    return Written(module, tuple(package / file for file in files), row, found)
