"""Reads a SKILL.md: front matter in YAML and instructions in markdown, after the Agent Skills format.

What the format forbids is refused, with the line. What is only untidy is taken, with a remark for the reviewer: most
public skills have been written for readers that forgive more than the format.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from clawdbot.storable_text import storable
from skills.instructions.errors import InvalidSkill
from skills.instructions.models import COMPATIBILITY_LENGTH, DESCRIPTION_LENGTH, NAME_LENGTH

LONGEST_FILE = 200_000  # characters
LONG_BODY = 20_000  # about 5,000 tokens, the recommended limit
_LONGEST_LICENSE = 500
_MOST_META = 50
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_FENCE = re.compile(r"---[ \t]*")
_FIRST_COMMENTS = re.compile(r"\A\s*(?:<!--(?:(?!-->).)*-->\s*)+", re.DOTALL)
_PLAIN = re.compile(r"(?P<key>[A-Za-z][\w-]*):[ \t]+(?P<value>(?!&|!!)\S.*)")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_CUT = re.compile(r"(?P<key>name|description|license|compatibility):[ \t]+[^'\"\s].*?\s#.*")
_KNOWN = frozenset({"name", "description", "license", "compatibility", "metadata", "allowed-tools"})


@dataclass(frozen=True, slots=True)
class Parsed:
    """A valid SKILL.md. `warnings` are sentences for the reviewer."""

    name: str
    description: str
    body: str
    license: str = ""
    compatibility: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)
    allowed_tools: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def parse(text: str, folder: str = "") -> Parsed:
    """Reads the text of a SKILL.md.

    Args:
        text: The whole file.
        folder: Name of the folder that it stands in; "" when unknown. Another name than that of the skill is remarked.

    Raises:
        InvalidSkill: It is no valid skill; the sentence names the line where there is one.
    """
    text = storable(text.lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n"))
    if len(text) > LONGEST_FILE:
        raise InvalidSkill(_("SKILL.md is longer than %(limit)s characters.") % {"limit": LONGEST_FILE})
    front, body, first = _split(text)
    warnings: list[str] = []
    values = _values(front, first, warnings)
    name, description = _name(values, front, first), _description(values, front, first)
    if any(_CUT.fullmatch(line) and "#" not in str(values[line.partition(":")[0]]) for line in front):
        warnings.append(
            _("What follows “ #” is a comment in YAML and was left out; put the value in quotes to keep it.")
        )
    if folder and folder != name:
        warnings.append(_("The folder is called “%(folder)s”, not as the skill.") % {"folder": folder[:NAME_LENGTH]})
    if unknown := sorted(set(values) - _KNOWN):
        warnings.append(_("Not part of the format, and ignored: %(keys)s") % {"keys": ", ".join(unknown)[:200]})
    if not body.strip():
        raise InvalidSkill(_("SKILL.md has no instructions after its front matter."))
    if len(body) > LONG_BODY:
        warnings.append(_("The instructions are longer than the recommended 5,000 tokens: every use costs that much."))
    return Parsed(
        name=name,
        description=description,
        body=body.strip(),
        license=_text(values, "license", _LONGEST_LICENSE, front, first),
        compatibility=_text(values, "compatibility", COMPATIBILITY_LENGTH, front, first),
        metadata=_metadata(values.get("metadata"), warnings),
        allowed_tools=_tools(values.get("allowed-tools"), warnings),
        warnings=tuple(warnings),
    )


def _split(text: str) -> tuple[list[str], str, int]:
    """Returns the lines of the front matter, the body, and the number of the first of these lines."""
    lines = _without_first_comments(text).split("\n")
    start = next((number for number, line in enumerate(lines) if line.strip()), 0)
    if not _FENCE.fullmatch(lines[start]):
        raise InvalidSkill(
            _("Line %(line)s: SKILL.md must begin with front matter between two lines of ---.") % {"line": start + 1}
        )
    for end in range(start + 1, len(lines)):
        if _FENCE.fullmatch(lines[end]):
            # Spaces that do not break are no spaces to YAML; they come with text from web pages.
            front = [line.replace("\u00a0", " ").replace("\u3000", " ") for line in lines[start + 1 : end]]
            return front, "\n".join(lines[end + 1 :]), start + 2
    raise InvalidSkill(_("Line %(line)s: the front matter has no end: a line of --- is missing.") % {"line": start + 1})


def _without_first_comments(text: str) -> str:
    """Returns the text with HTML comments before the front matter blanked: where it comes from, a licence."""
    return _FIRST_COMMENTS.sub(lambda found: "\n" * found[0].count("\n"), text)


def _values(front: list[str], first: int, warnings: list[str]) -> dict[str, Any]:
    import yaml

    try:
        values = _loaded("\n".join(front))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        values = _quoted(front)
        if values is None:
            raise InvalidSkill(_problem(error, front, first)) from None
        warnings.append(_("A value with a colon or another sign of YAML should stand in quotes; it was read as it is."))
    if not isinstance(values, dict):
        raise InvalidSkill(_no_pairs(front, first))
    return {str(key): value for key, value in values.items()}


def _problem(error: Exception, front: list[str], first: int) -> str:
    """Returns the sentence for YAML that cannot be read: the line, what is wrong there, and the mend."""
    mark = getattr(error, "problem_mark", None)
    number = min(mark.line, len(front) - 1) if mark is not None else 0
    values = {"line": first + number, "problem": str(getattr(error, "problem", "") or error)[:120]}
    if front and "\t" in front[number][: len(front[number]) - len(front[number].lstrip())]:
        return _("Line %(line)s: YAML is indented with spaces, not with tabs.") % values
    if isinstance(error, _Twice):
        return _("Line %(line)s: “%(problem)s” stands there twice; keep one.") % values
    if isinstance(error, _Reference):
        return (
            _("Line %(line)s: references and tags of YAML (*, & and !) are not read; write the value itself.") % values
        )
    return _("Line %(line)s: the front matter is not valid YAML (%(problem)s). Put the value in quotes.") % values


def _no_pairs(front: list[str], first: int) -> str:
    wide = next((number for number, line in enumerate(front) if re.match(r"\s*[\w-]+\s*：", line)), None)
    if wide is not None:
        return _("Line %(line)s: write a colon and a space (“: ”), not “：”.") % {"line": first + wide}
    return _("Line %(line)s: the front matter must be lines of “key: value”.") % {"line": first}


class _Twice(ValueError):
    """A key stands twice in one mapping, and YAML does not say which one counts."""

    def __init__(self, key: str, mark: Any) -> None:
        super().__init__(key)
        self.problem, self.problem_mark = key, mark


class _Reference(ValueError):
    """An alias, which could unfold to any size, or a tag, which says how to build a value."""

    def __init__(self, mark: Any) -> None:
        super().__init__("reference")
        self.problem, self.problem_mark = "*", mark


def _loaded(text: str) -> Any:
    """Loads YAML. Every value is the text that is written: a version of 1.10 is no number, a date no date."""
    import yaml

    for token in yaml.scan(text):
        if isinstance(token, (yaml.AliasToken, yaml.TagToken)):
            raise _Reference(token.start_mark)
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    return _plain(root) if root is not None else None


def _plain(node: Any) -> Any:
    if node.id == "sequence":
        return [_plain(one) for one in node.value]
    if node.id == "scalar":
        return None if node.tag.endswith(":null") else node.value
    found: dict[str, Any] = {}
    for key, value in node.value:
        name = key.value if key.id == "scalar" else "?"
        if name in found:
            raise _Twice(name, key.start_mark)
        found[name] = _plain(value)
    return found


def _quoted(front: list[str]) -> dict[str, Any] | None:
    """Reads the front matter once more, with each line in quotes that YAML cannot read alone.

    A colon, a bracket or a star in a description without quotes is the usual mistake.
    """
    import json

    import yaml

    def alone(line: str) -> bool:
        try:
            _loaded(line)
        except (yaml.YAMLError, ValueError, RecursionError):
            return False
        return True

    lines = []
    for line in front:
        found = _PLAIN.fullmatch(line.rstrip())
        mend = found is not None and not alone(line)
        lines.append(f"{found['key']}: {json.dumps(found['value'], ensure_ascii=False)}" if found and mend else line)
    try:
        values = _loaded("\n".join(lines))
    except (yaml.YAMLError, ValueError, RecursionError):
        return None
    return values if isinstance(values, dict) else None


def _line_of(key: str, front: list[str], first: int) -> int:
    return next((first + number for number, line in enumerate(front) if line.startswith(f"{key}:")), first)


def _name(values: Mapping[str, Any], front: list[str], first: int) -> str:
    given = values.get("name")
    line = _line_of("name", front, first)
    if given is None or given == "":
        raise InvalidSkill(_missing("name", values, line))
    name = str(given).strip()
    if not _NAME.fullmatch(name) or len(name) > NAME_LENGTH:
        sentence = _(
            "Line %(line)s: the name must be 1 to 64 small letters, digits and single hyphens between them, "
            "not “%(name)s”."
        )
        raise InvalidSkill(sentence % {"line": line, "name": name[:NAME_LENGTH]})
    return name


def _description(values: Mapping[str, Any], front: list[str], first: int) -> str:
    description = _text(values, "description", DESCRIPTION_LENGTH, front, first)
    if not description:
        line = _line_of("description", front, first)
        raise InvalidSkill(_missing("description", values, line))
    return description


def _missing(key: str, values: Mapping[str, Any], line: int) -> str:
    other = next((one for one in values if one != key and one.lower().strip() == key), None)
    if other is not None:
        return _("“%(other)s” must be written “%(key)s”.") % {"other": other[:40], "key": key}
    return _("Line %(line)s: “%(key)s” is missing.") % {"line": line, "key": key}


def _text(values: Mapping[str, Any], key: str, limit: int, front: list[str], first: int) -> str:
    given = values.get(key)
    if given is None:
        return ""
    line = _line_of(key, front, first)
    if isinstance(given, (dict, list)):
        raise InvalidSkill(_("Line %(line)s: “%(key)s” must be a text.") % {"line": line, "key": key})
    text = " ".join(_CONTROL.sub("", str(given)).split())
    if len(text) > limit:
        sentence = _("Line %(line)s: “%(key)s” is longer than %(limit)s characters.")
        raise InvalidSkill(sentence % {"line": line, "key": key, "limit": limit})
    return text


def _metadata(given: Any, warnings: list[str]) -> dict[str, str]:
    if given is None:
        return {}
    if not isinstance(given, dict):
        warnings.append(_("“metadata” is no list of keys with values; it was left out."))
        return {}
    return {key[:100]: _written(value)[:500] for key, value in list(given.items())[:_MOST_META]}


def _written(value: Any) -> str:
    import json

    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _tools(given: Any, warnings: list[str]) -> tuple[str, ...]:
    """Returns the names in `allowed-tools`: a text with spaces or commas between them, or a YAML list."""
    if given is None:
        return ()
    if isinstance(given, str):
        # "Bash(git add:*) Read": spaces inside brackets belong to the name.
        words = re.findall(r"[^\s,(]+(?:\([^)]*\))?", given)
    elif isinstance(given, list):
        words = [one.strip() for one in given if isinstance(one, str)]
    else:
        warnings.append(_("“allowed-tools” is neither a text nor a list; it was left out."))
        return ()
    return tuple(word[:200] for word in words if word)[:100]
