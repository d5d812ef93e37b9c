"""Measures how well recall finds labelled turns: `python benchmarks/recall_quality.py [--data DIR] [--json FILE]`.

Asks the questions of tests/fixtures/recall and, if DIR (default ../shared/data) holds them, of LoCoMo and MemoryBank,
which may not be shipped. Uses no language model. Compares, in one run on the same rows and vectors: the product, BM25
alone, vectors alone, reciprocal rank fusion of these two, the product through the indexes of large memories ("indexes")
and the product after `memory optimize` ("optimized"). Under "together" all conversations of a set are one person's
memory, scanned and through the indexes; --crowd N adds N invented turns, so that the memory is as large as one that the
product searches through indexes.

recall@k: labelled turns among the first k / labelled turns, mean over questions. MRR: mean reciprocal rank of the first
labelled turn.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
FIXTURES = ROOT / "tests" / "fixtures" / "recall"
KS = (5, 10, 20)
RRF_K = 60
ARMS = ("BM25", "vector", "rank fusion")


class Question(NamedTuple):
    """A question and the ids of the turns that answer it."""

    text: str
    evidence: frozenset[str]


class Conversation(NamedTuple):
    """Turns of one person as import lines, and questions asked the day after the last turn."""

    name: str
    lines: tuple[str, ...]
    questions: tuple[Question, ...]
    now: datetime


def fixtures(language: str = "") -> list[Conversation]:
    """Returns the conversations of the repository, of one language ("en", "zh") or all."""
    return [_fixture(path) for path in sorted(FIXTURES.glob(f"{language}*.turns.jsonl"))]


def _fixture(path: Path) -> Conversation:
    name = path.name.removesuffix(".turns.jsonl")
    asked = map(json.loads, path.with_name(f"{name}.questions.jsonl").read_text("utf8").splitlines())
    questions = [Question(q["text"], frozenset(q["evidence"])) for q in asked]
    return _conversation(name, path.read_text("utf8").splitlines(), questions)


def _conversation(name: str, lines: Sequence[str], questions: Sequence[Question]) -> Conversation:
    last = max(datetime.fromisoformat(json.loads(line)["occurred_at"]) for line in lines)
    return Conversation(name, tuple(lines), tuple(questions), last + timedelta(days=1))


def outside(folder: Path) -> Iterator[tuple[str, list[Conversation]]]:
    """Returns (name, conversations) of each data set in a folder, read by the `score_recall.py` of that folder."""
    script = folder / "score_recall.py"
    if not script.exists():
        return
    spec = importlib.util.spec_from_file_location("score_recall", script)
    assert spec is not None
    assert spec.loader is not None
    reader: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(reader)
    for path in sorted([*folder.glob("locomo/*.json"), *folder.glob("memorybank/*.json")]):
        found = []
        for sample in json.loads(path.read_text("utf8")):
            name, entries, queries = (reader.locomo if "conversation" in sample else reader.memorybank)(sample)
            questions = [Question(q["text"], frozenset(q["evidence"])) for q in queries]
            found.append(_conversation(name, [json.dumps(entry) for entry in entries], questions))
        yield path.stem, found


def measures(found: Sequence[str], evidence: frozenset[str]) -> dict[str, float]:
    """Returns recall@k and MRR of one ranking of ids, best first."""
    values = {f"R@{k}": len(evidence & set(found[:k])) / len(evidence) for k in KS}
    values["MRR"] = next((1 / place for place, one in enumerate(found, 1) if one in evidence), 0.0)
    return values


def mean(rows: Sequence[dict[str, float]]) -> dict[str, float]:
    return {name: round(sum(row[name] for row in rows) / len(rows), 3) for name in rows[0]}


def remember(conversation: Conversation, bot: Any, key: str) -> Any:
    """Stores and embeds a conversation as one person's memory; returns the scope."""
    from django.apps import apps

    from memory.lifecycle import transfer
    from memory.models import MemoryEntry
    from memory.storage import embedding_backfill
    from memory.types import Scope

    person, _made = apps.get_model("bots", "Person").objects.get_or_create(bot=bot, key=key)
    scope = Scope(bot.pk, person.pk)
    report = transfer.store_lines([line.encode() for line in conversation.lines], scope)
    assert not report.refused, report.refused
    embedding_backfill.embed_waiting(only=lambda rows: rows & MemoryEntry.objects.for_person(bot.pk, person.pk))
    return scope


def product(scope: Any, conversation: Conversation) -> list[dict[str, float]]:
    """Returns the measures of `MemoryStore.recall`, one row per question."""
    from memory.store import MemoryStore

    store = MemoryStore(scope.bot_id)
    rows = []
    for question in conversation.questions:
        hits = store.recall(scope, question.text, k=max(KS), now=conversation.now).hits
        rows.append(measures([hit.external_id for hit in hits], question.evidence))
    return rows


def arms(scope: Any, conversation: Conversation) -> dict[str, list[dict[str, float]]]:
    """Returns the measures of each arm alone and of their reciprocal rank fusion."""
    import numpy as np

    from memory import store
    from memory.embedders import current
    from memory.ranking.scoring import score
    from memory.text.query_hints import Cues

    rows: dict[str, list[dict[str, float]]] = {name: [] for name in ARMS}
    vectors = current.current().embed_queries([question.text for question in conversation.questions])
    with store._scopes.use(scope, *current.space()) as index:
        ids = [row.external_id for row in index.rows]
        for question, vector in zip(conversation.questions, vectors, strict=True):
            scored = score(index, question.text, vector, Cues())
            orders = [np.argsort(-values, kind="stable") for values in (scored.bm25, scored.cosine)]
            places = [np.argsort(order) for order in orders]
            orders.append(np.argsort(-(1 / (RRF_K + 1 + places[0]) + 1 / (RRF_K + 1 + places[1])), kind="stable"))
            for name, order in zip(rows, orders, strict=True):
                rows[name].append(measures([ids[i] for i in order[: max(KS)].tolist()], question.evidence))
    return rows


@contextmanager
def scanned() -> Iterator[None]:
    """Scores every row, whatever the size of the scope."""
    from memory.indexes import registry

    ordinary, registry.LARGE_FROM = registry.LARGE_FROM, 2**31
    try:
        yield
    finally:
        registry.LARGE_FROM = ordinary


@contextmanager
def indexed(scope: Any) -> Iterator[None]:
    """Searches the scope through the indexes of large memories, whatever its size."""
    from memory.indexes import build, large, registry

    ordinary, registry.LARGE_FROM = registry.LARGE_FROM, 0
    try:
        assert build.build(scope)
        assert large.known(scope)[0] is not None
        yield
    finally:
        registry.LARGE_FROM = ordinary
        build.build(scope)  # removes the indexes


def optimized(scope: Any) -> None:
    """Runs the nightly consolidation on the memory of this bot."""
    from memory.consolidation.optimize import optimize
    from memory.models import MemoryEntry
    from memory.storage import embedding_backfill

    assert optimize(scope.bot_id).state == "done"
    embedding_backfill.embed_waiting(only=lambda rows: rows & MemoryEntry.objects.for_bot(scope.bot_id))


def separate(name: str, conversations: Sequence[Conversation]) -> dict[str, list[dict[str, float]]]:
    """Measures each method with one memory per conversation."""
    found: dict[str, list[dict[str, float]]] = {}
    for conversation in conversations:
        scope = remember(conversation, _bot(), f"{name} {conversation.name}")
        rows = arms(scope, conversation) | {"product": product(scope, conversation)}
        with indexed(scope):
            rows["indexes"] = product(scope, conversation)
        optimized(scope)
        rows["optimized"] = product(scope, conversation)
        for method, measured in rows.items():
            found.setdefault(method, []).extend(measured)
    return found


def together(name: str, conversations: Sequence[Conversation], crowd: int) -> dict[str, list[dict[str, float]]]:
    """Measures with all conversations in one memory, among this number of invented turns."""
    renamed = [_renamed(conversation) for conversation in conversations]
    bot = _bot()
    scopes = {remember(conversation, bot, name) for conversation in renamed}
    (scope,) = scopes
    if crowd:
        _invent(scope, crowd)
    with scanned():
        rows = {"product": [row for conversation in renamed for row in product(scope, conversation)]}
    with indexed(scope):
        rows["indexes"] = [row for conversation in renamed for row in product(scope, conversation)]
    return rows


def _invent(scope: Any, count: int) -> None:
    from benchmarks import scale_data
    from memory import database
    from memory.embedders import current

    embedder = current.current()
    label, adapt = current.passage_label(embedder), database.connection().ops.adapt_datetimefield_value
    invented = scale_data.Invented(embedder, fixtures())
    scale_data.load(scale_data.rows(invented, scope.bot_id, scope.person_id, count, label, adapt))


def _renamed(conversation: Conversation) -> Conversation:
    """Gives ids and sessions that no other conversation has."""
    lines = []
    for line in map(json.loads, conversation.lines):
        own = {part: f"{conversation.name}/{line.get(part, '')}"[-64:] for part in ("id", "session")}
        lines.append(json.dumps(line | own))
    questions = [
        Question(text, frozenset(f"{conversation.name}/{one}"[-64:] for one in evidence))
        for text, evidence in conversation.questions
    ]
    return Conversation(conversation.name, tuple(lines), tuple(questions), conversation.now)


def _bot() -> Any:
    from django.apps import apps

    bots = apps.get_model("bots", "Bot").objects
    number = bots.count() + 1
    return bots.create(slug=f"bench-{number}", name=f"Bench {number}")


def run(data: Path, crowd: int) -> dict[str, Any]:
    import django

    django.setup()
    from django.core.management import call_command

    from memory.embedders import current

    call_command("migrate", verbosity=0)
    current.use_all_cores()
    sets = [("own, English", fixtures("en")), ("own, Chinese", fixtures("zh")), *outside(data)]
    results: dict[str, Any] = {}
    for name, conversations in sets:
        for title, found in (
            (name, separate(name, conversations)),
            (f"{name}, together", together(name, conversations, crowd)),
        ):
            means = {method: mean(rows) for method, rows in found.items()}
            results[title] = {"questions": len(found["product"])} | means
            show(title, means, len(found["product"]))
    return results


def show(name: str, means: dict[str, dict[str, float]], questions: int) -> None:
    print(f"\n{name}: {questions} questions")
    print(f"  {'':14}" + "".join(f"{column:>8}" for column in means["product"]))
    for method, values in means.items():
        print(f"  {method:14}" + "".join(f"{value:8.3f}" for value in values.values()), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--crowd", type=int, default=0, metavar="N", help="invented turns among those of 'together'")
    parser.add_argument("--json", type=Path, default=Path(__file__).parent / "results" / "recall_quality.json")
    options = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clawdbot_site.settings")
    with tempfile.TemporaryDirectory(prefix="clawdbot-bench-") as home:
        os.environ["CLAWDBOT_HOME"] = home
        results = run(options.data, options.crowd)
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(results, indent=2, ensure_ascii=False) + "\n", "utf8")


if __name__ == "__main__":
    main()
