"""A tool: one function that a language model may call, whatever it comes from (skill, MCP server, SKILL.md, flow)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from clawdbot.files import File
from clawdbot.skills.context import Context
from clawdbot.skills.effects import Effects, needs_approval

NAME = r"^[a-zA-Z0-9_-]{1,64}$"


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What a call gave.

    Attributes:
        text: For the model: data, never instructions. Bounded and redacted by the loop, not here.
        ok: False when the call failed; `text` then says why, so that the model can do better.
        parts: Texts and files for the person, in order; most tools give none.
        direct: `parts` are the whole answer: the model is not asked once more.
    """

    text: str
    ok: bool = True
    parts: tuple[str | File, ...] = ()
    direct: bool = False


@dataclass(frozen=True, slots=True)
class Tool:
    """One tool of one bot.

    Attributes:
        name: As the model calls it; matches `NAME`, unique within the bot.
        description: When to use it, in English.
        schema: JSON schema of its arguments, of type "object".
        effects: What a call does to the world.
        source: "skill", "mcp", "instructions" or "flow".
        source_id: Id of the row that it comes from.
        label: Its name for people, in the language asked for.
        approval: Whether each call needs a yes first.
        idempotent: Whether a second call with the same idempotency key has no second effect.
        timeout_s: Time limit of a call, in seconds.
        outside_words: Whether its results hold words of strangers, such as a page or a mail. They may tell the model to
            do something, so a call with an effect that follows one needs a yes.
        only_reads: Whether a call with these arguments changes nothing, though `effects` say that it may.
        call: Makes the call with checked arguments. It raises nothing but `clawdbot.skills.SkillError`, whose sentence
            is for the person; every other failure is a result with `ok` False.
        preview: What a call with these arguments would do, in the person's language; "" for the arguments themselves.
    """

    name: str
    description: str
    schema: Mapping[str, Any]
    effects: Effects
    source: str
    source_id: int
    label: str
    approval: bool
    idempotent: bool
    timeout_s: float
    call: Callable[[Mapping[str, Any], Context], ToolResult] = field(repr=False)
    outside_words: bool = False
    only_reads: Callable[[Mapping[str, Any]], bool] = field(default=lambda arguments: False, repr=False)
    preview: Callable[[Mapping[str, Any], Context], str] = field(default=lambda arguments, context: "", repr=False)


def asks_first(effects: Effects, *, confirm: bool = False) -> bool:
    """Returns the default of `Tool.approval`."""
    return confirm or needs_approval(effects)
