"""Instruction skills as tools: one opens a skill, one reads a file of it. The prompt holds only what the list says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import override

from clawdbot.skills.context import Context
from clawdbot.skills.effects import READS_ONLY
from skills.instructions import catalogue, references
from skills.instructions.catalogue import Entry
from skills.instructions.models import InstructionFile, InstructionSkill
from skills.tool_types import Tool, ToolResult

LIST_BUDGET = 6000  # characters of all descriptions together, about 1,500 tokens
MOST_BODY = 40_000
MOST_FILE = 40_000
_LEAST_DESCRIPTION = 60
_TIMEOUT_S = 10.0
_INTRODUCTION = (
    "Opens a skill: instructions for a kind of task. When a request fits one of these skills, open it first and then "
    "follow what it says, as far as your own tools allow:\n"
)


def of_bot(bot_id: int, language: str) -> tuple[Tool, ...]:
    """Returns the two tools; none for a bot without instruction skills."""
    entries = catalogue.entries(bot_id)
    if not entries:
        return ()
    with override(language):
        use_label, read_label = _("open instructions"), _("read a file of instructions")
    by_name = {entry.name: entry for entry in entries}
    name = {"type": "string", "enum": list(by_name)}
    path = {"type": "string", "description": "As the skill names it, e.g. references/prices.md"}

    def use(arguments: Mapping[str, Any], context: Context) -> ToolResult:
        return opened(by_name.get(str(arguments.get("name", ""))), by_name)

    def read(arguments: Mapping[str, Any], context: Context) -> ToolResult:
        return file_of(by_name.get(str(arguments.get("name", ""))), str(arguments.get("path", "")), by_name)

    return (
        _tool("use_skill", _INTRODUCTION + listed(entries), {"name": name}, use_label, use),
        _tool(
            "read_skill_file",
            "Reads a file that an opened skill refers to.",
            {"name": name, "path": path},
            read_label,
            read,
        ),
    )


def _tool(name: str, description: str, properties: dict[str, Any], label: str, call: Any) -> Tool:
    schema = {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}
    return Tool(
        name=name,
        description=description,
        schema=schema,
        effects=READS_ONLY,
        source="instructions",
        source_id=0,
        label=label,
        approval=False,
        idempotent=True,
        timeout_s=_TIMEOUT_S,
        call=call,
    )


def listed(entries: tuple[Entry, ...], budget: int = LIST_BUDGET) -> str:
    """Returns a line per skill. Long descriptions are cut first, so that every skill keeps its name.

    Args:
        entries: The skills of a bot.
        budget: Characters for all lines together.
    """
    share = max(_LEAST_DESCRIPTION, budget // len(entries))
    while share > _LEAST_DESCRIPTION and sum(min(len(one.description), share) for one in entries) > budget:
        share -= 20
    lines = (f"- {one.name}: {_cut(one.description, share)}" for one in entries)
    return "\n".join(lines)[: 2 * budget]


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def opened(entry: Entry | None, known: Mapping[str, Entry]) -> ToolResult:
    """Returns the instructions of a skill and the names of its readable files."""
    if entry is None:
        return _unknown(known)
    row = InstructionSkill.objects.filter(pk=entry.skill_id, fingerprint=entry.fingerprint).first()
    if row is None:
        return ToolResult("This skill was changed just now. Go on without it.", ok=False)
    files = list(row.files.defer("text"))
    readable = [file.path for file in files if file.readable]
    notes = [f"Files that read_skill_file can read: {', '.join(readable)}"] if readable else []
    if len(readable) < len(files):
        notes.append("Scripts and other files of this skill cannot be run or read here; do the task without them.")
    body = row.body if len(row.body) <= MOST_BODY else row.body[:MOST_BODY] + "\n[cut]"
    return ToolResult("\n\n".join([f"# Skill {row.name}", body, *notes]))


def file_of(entry: Entry | None, path: str, known: Mapping[str, Entry]) -> ToolResult:
    """Returns the text of one file."""
    if entry is None:
        return _unknown(known)
    rows = InstructionFile.objects.filter(skill_id=entry.skill_id, skill__fingerprint=entry.fingerprint)
    files = {one.path: one for one in rows.defer("text")}
    wanted = references.named(path, files) or path.strip()
    file = files.get(wanted)
    if file is None or not file.readable:
        readable = [one.path for one in files.values() if one.readable]
        told = "cannot be read here" if file is not None else "is not there"
        return ToolResult(f"{wanted[:200]} {told}. Readable: {', '.join(readable) or 'none'}", ok=False)
    text = file.text
    return ToolResult(text if len(text) <= MOST_FILE else f"{text[:MOST_FILE]}\n[cut: {len(text) - MOST_FILE} more]")


def _unknown(known: Mapping[str, Entry]) -> ToolResult:
    return ToolResult(f"There is no such skill. Known: {', '.join(known)}", ok=False)
