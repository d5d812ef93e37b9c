"""Measures what tools cost before the first token: `python benchmarks/tools.py [--turns 200] [--tools 30]`.

The same turns, in turn with and without tools, in one process and one run: from the claim of a row to the first token
on the screen. The model is a server on this machine that answers at once, so that all that is left is our own time. The
last column is a turn in which the model calls one tool, to its answer.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
import types
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
LIMIT_MS = 100.0


def make_tools(number: int) -> None:
    """Gives all bots this number of skills with parameters, each a class of its own."""
    from clawdbot.skills import BaseSkill, Effect
    from skills.models import Skill

    module = types.ModuleType("benchmark_skills")
    sys.modules[module.__name__] = module

    def execute(self: Any, context: Any, city: str, days: int = 1, unit: str = "metric") -> str:
        return f"{city}: rain for {days} days in {unit} units"

    for place in range(number):
        values = {
            "name": f"tool_{place}",
            "description": f"Tells subject number {place} of a city, for some days, in the unit that is asked for.",
            "effects": frozenset({Effect.READS}),
            "execute": execute,
            "__module__": module.__name__,
        }
        setattr(module, f"Tool{place}", type(f"Tool{place}", (BaseSkill,), values))
        Skill.objects.create(module=f"{module.__name__}.Tool{place}", name=f"tool_{place}")


class Stopwatch:
    """Notes when the first token of a turn is shown."""

    def __init__(self) -> None:
        self.first = 0.0
        from bots.pipeline import engine

        respond = engine.respond

        def shown(turn: Any) -> Any:
            turn.on_token = self.token
            return respond(turn)

        engine.respond = shown

    def token(self, piece: str) -> None:
        self.first = self.first or time.perf_counter()


def turn(channel: Any, watch: Stopwatch, text: str) -> tuple[float, float]:
    """Takes one turn. Returns the milliseconds to its first token and to its end."""
    from bots.pipeline import inbox
    from bots.pipeline.dispatch.dispatcher import MessageDispatcher
    from tests.builders import make_event

    (row_id,) = inbox.accept(channel, [make_event(text)]).accepted
    watch.first, started = 0.0, time.perf_counter()
    MessageDispatcher().process(row_id)
    return (watch.first - started) * 1000, (time.perf_counter() - started) * 1000


def measure(turns: int, number: int) -> dict[str, float]:
    from bots.models import Bot, ModelProvider
    from tests.builders import make_bot, make_channel
    from tests.peers import BotApi
    from tests.tool_model import ToolModel, Wants, call

    def answer(body: dict[str, Any]) -> Wants:
        said = body["messages"]
        wants = "tool" in str(said[-1]["content"]) and body.get("tools")
        return call("tool_3", city="Paris") if wants else Wants("It rains in Paris all day.")

    found: dict[str, list[float]] = {"without": [], "with": [], "one call": []}
    model, api = ToolModel([answer]), BotApi()
    with model.server() as server, api.server() as platform:
        ModelProvider.objects.create(name="bench", endpoint=f"{server.url}/v1", model="bench", context_tokens=32_000)
        account = {"token": "1:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw0", "secret_token": "s", "base_url": platform.url}
        channel = make_channel(make_bot(), platform="telegram", credentials=account)
        make_tools(number)
        watch = Stopwatch()
        for place in range(turns + 10):
            for name, enabled, text in (
                ("without", False, "hello"),
                ("with", True, "hello"),
                ("one call", True, "use a tool"),
            ):
                Bot.objects.update(tools_enabled=enabled)
                channel.bot.tools_enabled = enabled
                from bots.channels import lookup

                lookup.clear_cache()
                first, whole = turn(channel, watch, text)
                if place >= 10:
                    found[name].append(whole if name == "one call" else first)
    offered = sum(len(body.get("tools", ())) == number for body in model.requests)
    if offered < 2 * turns:
        had = sorted({len(body.get("tools", ())) for body in model.requests})
        raise SystemExit(f"only {offered} prompts had {number} tools; they had {had}")
    if model.malformed:
        raise SystemExit(f"malformed prompts: {model.malformed[:3]}")
    without, with_, one = (sorted(found[name]) for name in ("without", "with", "one call"))
    return {
        "turns": turns,
        "tools": number,
        "without_p50_ms": statistics.median(without),
        "without_p95_ms": without[int(len(without) * 0.95)],
        "with_p50_ms": statistics.median(with_),
        "with_p95_ms": with_[int(len(with_) * 0.95)],
        "overhead_p95_ms": with_[int(len(with_) * 0.95)] - without[int(len(without) * 0.95)],
        "ratio_p50": statistics.median(with_) / statistics.median(without),
        "turn_with_one_call_p50_ms": statistics.median(one),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=200)
    parser.add_argument("--tools", type=int, default=30)
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks" / "results" / "tools.json")
    options = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clawdbot_site.settings")
    with tempfile.TemporaryDirectory(prefix="clawdbot-bench-") as home:
        os.environ["CLAWDBOT_HOME"] = home
        os.environ["CLAWDBOT_SEMANTIC_SEARCH__ENABLE"] = "false"
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        figures = measure(options.turns, options.tools)
    for name, value in figures.items():
        print(f"{name:28} {value:10.2f}")
    options.out.parent.mkdir(exist_ok=True)
    options.out.write_text(json.dumps(figures, indent=2) + "\n")
    if figures["overhead_p95_ms"] > LIMIT_MS:
        raise SystemExit(f"the overhead before the first token is over {LIMIT_MS:.0f} ms")


if __name__ == "__main__":
    main()
