"""`manage.py memory`: imports, recalls, counts, consolidates and reindexes memories."""

from __future__ import annotations

import json
import logging
import os
import sys
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError
from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext as _
from tqdm import tqdm

from memory.consolidation import retention
from memory.consolidation.optimize import optimize
from memory.consolidation.report import as_json, as_lines
from memory.embedders import current
from memory.errors import BadLine, MemoryFailure, RunInProgress
from memory.indexes import build, health, lexical, registry
from memory.lifecycle import jsonl, transfer
from memory.models import MemoryEntry, MemoryEntryQuerySet
from memory.storage import embedding_backfill, reindex, scopes
from memory.store import MemoryStore
from memory.types import Hit, Recall, Scope

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    """The bots app extends this command by `export` and `erase`."""

    help = "Imports, recalls, counts, exports, erases and rebuilds what bots remember."

    def add_arguments(self, parser: CommandParser) -> None:
        self.add_actions(parser.add_subparsers(dest="action", required=True, metavar="ACTION"))

    def add_actions(self, actions: Any) -> None:
        """Adds one parser per sub-command."""
        with_person(sub_command(actions, "import", "store a JSON-lines file of turns"), file="file")
        recall = with_person(
            sub_command(actions, "recall", "answer a JSON-lines file of questions, one JSON line each")
        )
        recall.add_argument("--queries", required=True, type=Path, metavar="FILE")
        recall.add_argument("--k", type=_positive, default=8, help="hits per question (default 8)")
        recall.add_argument(
            "--derived", type=_positive, default=0, metavar="N", help="also up to N facts and summaries per question"
        )
        stats = sub_command(actions, "stats", "count what is stored")
        stats.add_argument("--bot", metavar="SLUG", help="one bot only")
        stats.add_argument("--json", action="store_true")
        consolidate = sub_command(
            actions, "optimize", "link duplicates, make digests and facts, delete expired memories"
        )
        consolidate.add_argument("--bot", metavar="SLUG", help="one bot only")
        consolidate.add_argument("--dry-run", action="store_true", help="change nothing, say what would be done")
        consolidate.add_argument("--rebuild", action="store_true", help="make all facts and digests again")
        consolidate.add_argument("--json", action="store_true")
        rebuild = sub_command(actions, "reindex", "rebuild index text and vectors from the rows")
        rebuild.add_argument("--bot", metavar="SLUG", help="one bot only")
        rebuild.add_argument("--vectors", action="store_true", help="also vectors that seem up to date")

    def handle(self, *args: Any, **options: Any) -> None:
        action: Callable[[dict[str, Any]], None] = getattr(self, f"_{options['action']}")
        try:
            action(options)
        except MemoryFailure as error:
            raise CommandError(str(error)) from error
        except BrokenPipeError:  # the reader, such as `head`, has exited
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        except OSError as error:
            raise CommandError(f"{error.filename or ''}: {error.strerror or error}") from error
        except DatabaseError as error:
            raise CommandError(f"database: {error}") from error

    def _import(self, options: dict[str, Any]) -> None:
        path: Path = options["file"]
        total = sum(1 for _line in jsonl.read_lines(path))
        scope, origin = scopes.resolve(options["bot"], options["person"], create=True)
        with _bar(total, _("reading")) as read:
            report = transfer.store_lines(jsonl.read_lines(path), scope, read, origin)
        embedded = _embed_missing(MemoryEntry.objects.for_person(scope.bot_id, scope.person_id))
        if build.wanted(scope):
            _build(MemoryEntry.objects.for_person(scope.bot_id, scope.person_id))
        for number, reason in report.refused:
            self.stderr.write(f"{path}:{number}: {reason}")
        self.stdout.write(
            _("%(stored)d stored, %(known)d known already, %(embedded)d embedded, %(refused)d refused")
            % {
                "stored": report.stored,
                "known": report.known,
                "embedded": embedded,
                "refused": len(report.refused),
            }
        )
        if report.refused:
            sys.exit(1)

    def _recall(self, options: dict[str, Any]) -> None:
        scope = scopes.scope_of(options["bot"], options["person"])
        store = MemoryStore(scope.bot_id)
        path: Path = options["queries"]
        reranked = scopes.reranks(scope.bot_id)
        bad = 0
        for number, line in enumerate(jsonl.read_lines(path), 1):
            if not line.strip():
                continue
            try:
                query = jsonl.parse_query(jsonl.decode(line, number))
            except BadLine as error:
                bad += 1
                self.stderr.write(f"{path}:{number}: {error}")
                continue
            found = store.recall(
                scope,
                query.text,
                k=options["k"],
                now=query.now,
                as_of=query.as_of,
                derived=options["derived"],
                reranked=reranked,
            )
            self.stdout.write(json.dumps(_answer(query.id, found), ensure_ascii=False))
        if bad:
            sys.exit(1)

    def _stats(self, options: dict[str, Any]) -> None:
        bots = [options["bot"]] if options["bot"] else scopes.bot_slugs()
        found = {slug: _counts(scopes.bot_id(slug)) for slug in bots}
        if options["json"]:
            self.stdout.write(json.dumps(found, ensure_ascii=False))
            return
        for slug, counts in found.items():
            self.stdout.write(f"{slug}:")
            for name, value in counts.items():
                self.stdout.write(f"  {name.replace('_', ' ')}: {'-' if value in (None, {}, []) else value}")

    def _optimize(self, options: dict[str, Any]) -> None:
        found: dict[str, Any] = {}
        failed = False
        for slug in [options["bot"]] if options["bot"] else scopes.bot_slugs():
            bot = scopes.bot_id(slug)
            try:
                with _people_bar(slug) as progress:
                    run = optimize(bot, dry_run=options["dry_run"], rebuild=options["rebuild"], progress=progress)
            except RunInProgress as error:
                self.stderr.write(f"{slug}: {error}")
                continue
            except Exception as error:  # the failure of one bot must not stop the others
                logger.debug("memory: consolidation of %s failed", slug, exc_info=True)
                self.stderr.write(f"{slug}: {type(error).__name__}: {error}")
                failed = True
                continue
            if not run.dry_run:
                _embed_missing(MemoryEntry.objects.for_bot(bot))
            found[slug] = as_json(run)
            if not options["json"]:
                self.stdout.write("\n".join(as_lines(slug, run, retention.preview(bot, timezone.now()))))
        if options["json"]:
            self.stdout.write(json.dumps(found, ensure_ascii=False))
        if failed or not found:
            sys.exit(1)

    def _reindex(self, options: dict[str, Any]) -> None:
        rows = MemoryEntry.objects.all()
        if options["bot"]:
            rows = rows.for_bot(scopes.bot_id(options["bot"]))
        with _bar(rows.distinct_entries().count(), _("index text")) as report:
            changed = reindex.rewrite_index(rows, report)
        if options["vectors"]:
            reindex.drop_vectors(rows)
        made = _embed_missing(rows)
        self.stdout.write(
            _("%(changed)d index texts changed, %(made)d vectors made") % {"changed": changed, "made": made}
        )
        if left := _build(rows):
            raise CommandError(
                _(
                    "another process is building the indexes of %d people, or was killed while it did: run this again "
                    "in ten minutes"
                )
                % left
            )


def _counts(bot_id: int) -> dict[str, Any]:
    indexes = [found.as_json() for found in health.of_scopes(bot_id)]
    return MemoryStore(bot_id).stats().as_json() | {"indexes": indexes}


def _build(rows: MemoryEntryQuerySet) -> int:
    """Builds the indexes of the large scopes among these rows; returns how many another process is building."""
    busy = 0
    for bot, person, n in rows.turns().order_by().values_list("bot", "person").annotate(n=Count("id")):
        if registry.large_enough(n):
            with _bar(n, _("indexes")) as report:
                if not build.build(Scope(bot, person), report) and lexical.backend() is not None:
                    busy += 1
    return busy


def sub_command(actions: Any, name: str, text: str) -> ArgumentParser:
    parser: ArgumentParser = actions.add_parser(name, help=text, description=text)
    return parser


def with_person(parser: ArgumentParser, file: str = "") -> ArgumentParser:
    if file:
        parser.add_argument(file, type=Path, metavar="FILE")
    parser.add_argument("--bot", required=True, metavar="SLUG")
    parser.add_argument("--person", required=True, metavar="ID")
    return parser


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)


@contextmanager
def _bar(total: int | None, text: str) -> Iterator[Callable[[int], object]]:
    """Shows a progress bar on stderr, so that programs can parse stdout."""
    with tqdm(total=total, desc=text, unit="", file=sys.stderr, mininterval=0.5, leave=False) as bar:
        yield bar.update


@contextmanager
def _people_bar(slug: str) -> Iterator[Callable[[int, int], None]]:
    with tqdm(desc=slug, unit="", file=sys.stderr, mininterval=0.5, leave=False) as bar:

        def report(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        yield report


def _embed_missing(rows: MemoryEntryQuerySet) -> int:
    if not current.enabled():
        return 0
    with _bar((embedding_backfill.waiting() & rows).count(), _("embedding")) as report:
        return reindex.missing_vectors(rows, report)


def _line(hit: Hit) -> dict[str, Any]:
    line = {
        "id": hit.external_id or str(hit.id),
        "text": hit.text,
        "score": hit.score,
        "occurred_at": hit.occurred_at.isoformat(),
        "why": dict(hit.why),
    }
    return line | {"dates": [spoken.as_json() for spoken in hit.dates]} if hit.dates else line


def _answer(query_id: str, found: Recall) -> dict[str, Any]:
    answer: dict[str, Any] = {"id": query_id, "hits": [_line(hit) for hit in found.hits], "ms": round(found.ms, 2)}
    if found.derived:
        answer["derived"] = [
            _line(hit)
            | {
                "kind": hit.kind,
                "valid_from": hit.valid_from.isoformat() if hit.valid_from else None,
                "valid_to": hit.valid_to.isoformat() if hit.valid_to else None,
            }
            for hit in found.derived
        ]
    if found.degraded:
        answer["degraded"] = True
    if found.not_reranked:
        answer["not_reranked"] = found.not_reranked
    return answer
