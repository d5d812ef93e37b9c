"""A bot whose model calls tools."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from bots.llm import candidates
from bots.models import Channel, ModelProvider
from skills import catalogue, tools
from skills.models import Skill
from tests.builders import answers, say
from tests.skills import tool_samples
from tests.tool_model import Step, ToolModel


@contextmanager
def asking(*steps: Step, **values: Any) -> Iterator[ToolModel]:
    """Runs a model with these answers as the only provider."""
    model = ToolModel(steps, **values)
    with model.server() as server:
        ModelProvider.objects.update_or_create(
            name="tools", defaults={"endpoint": f"{server.url}/v1", "model": "tools-1"}
        )
        candidates.clear_cache()
        yield model


def give(*names: str) -> list[Skill]:
    """Gives all bots these skills of the samples."""
    tool_samples.Noting.calls.clear()
    tool_samples.Noting.keys.clear()
    tool_samples.Noting.pause_s = 0.0
    made = [
        Skill.objects.create(module=f"tests.skills.tool_samples.{name}", name=getattr(tool_samples, name).name)
        for name in names
    ]
    catalogue.clear_cache()
    tools.clear_cache()
    return made


def noted() -> list[str]:
    """The calls that skills made, by what they were called with."""
    return [text for text, _begun, _end in tool_samples.Noting.calls]


def ask(channel: Channel, text: str = "What is the weather?", **values: Any) -> str:
    """Says something and returns the answer."""
    say(channel, text, **values)
    return answers()[-1]
