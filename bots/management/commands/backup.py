"""`manage.py backup`: make, list, verify and restore backups; decide about what a restore holds."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError

from bots.maintenance.backup import (
    archive,
    contents,
    creating,
    holding,
    passphrases,
    places,
    restoring,
    scratch,
    unpacking,
    verifying,
)
from bots.management.base import OperatorCommand, add_json, add_yes
from bots.models import AuditEntry
from bots.models.sql import clock
from bots.monitoring import migrations
from bots.operations import restored
from bots.runtime import home_lock

_TEXT_OF_KINDS = {
    restored.ANSWER: "messages to answer",
    restored.SEND: "messages to send",
    restored.REMINDER: "reminders",
    restored.BROADCAST: "broadcasts",
}


class Command(OperatorCommand):
    help = "Makes backups while the product works, verifies and restores them, and lists what a restore holds."

    def add_actions(self, actions: Any) -> None:
        create = actions.add_parser("create", help="make a backup now")
        create.add_argument(
            "--to", default="", help="folder or s3://bucket/prefix; without it backup.to of the settings"
        )
        create.add_argument("--no-uploads", action="store_true", help="leave out the files of people and answers")
        create.add_argument(
            "--without-keys", action="store_true", help="leave out keys and configuration, and do not ask"
        )
        _add_passphrase(create)
        add_json(create)
        listed = actions.add_parser("list", help="list the backups of a place, newest first")
        listed.add_argument("--to", default="", help="the place; without it backup.to of the settings")
        add_json(listed)
        verify = actions.add_parser("verify", help="restore a backup into a temporary home and run doctor there")
        verify.add_argument("archive", help="file, or name of a backup of the place; latest for the newest")
        verify.add_argument("--to", default="", help="the place; without it backup.to of the settings")
        _add_passphrase(verify)
        add_json(verify)
        restore = actions.add_parser("restore", help="put a backup in place; what was pending is held")
        restore.add_argument("archive", help="file, or name of a backup of the place; latest for the newest")
        restore.add_argument("--to", default="", help="the place; without it backup.to of the settings")
        restore.add_argument("--home", default="", help="home to restore; without it CLAWDBOT_HOME")
        restore.add_argument("--force", action="store_true", help="replace what is there; it is kept aside")
        restore.add_argument("--without-keys", action="store_true", help="keep the keys that are there")
        _add_passphrase(restore)
        pending = actions.add_parser("pending", help="list what the last restore holds")
        add_json(pending)
        for name, what in (("release", "let it happen"), ("drop", "give it up")):
            decide = actions.add_parser(name, help=f"{what}: all that is held, or a part")
            decide.add_argument("--kind", choices=sorted(restored.KINDS), help="only this kind")
            decide.add_argument(
                "--id", type=int, action="append", dest="ids", help="only this row; needs --kind; repeatable"
            )
            add_yes(decide)
        settle = actions.add_parser("settle", help="used by restore: migrate and sort out a restored database")
        settle.add_argument("--name", default="", help="name of the archive")
        settle.add_argument("--journal", default="", help="journal of sends of the archive")

    def do_create(self, options: dict[str, Any]) -> None:
        passphrase = "" if options["without_keys"] else _passphrase(options, "Passphrase for the keys: ", twice=True)
        uploads = False if options["no_uploads"] else None
        wish = creating.Wish(to=options["to"], passphrase=lambda: passphrase, uploads=uploads)
        row = creating.create(AuditEntry.COMMAND, wish, self._say)
        if options["json"]:
            made = {"name": row.name, "place": row.place, "size": row.size, "made_at": row.made_at}
            self.print_json({**made, "keys": row.with_keys})
        else:
            self.stdout.write(f"{row.place.rstrip('/')}/{row.name}  {_size(row.size)}")
        if not row.with_keys:
            self.stderr.write(
                "The keys and the configuration file are NOT in it: without a passphrase they are left out. Keep a "
                f"copy of {Path(settings.CLAWDBOT.home) / 'keys'} elsewhere, or set backup.passphrase_file."
            )

    def do_list(self, options: dict[str, Any]) -> None:
        place = places.place(options["to"])
        rows: list[dict[str, Any]] = [
            {"name": one.name, "size": one.size, "made_at": one.made_at.isoformat(), "scheduled": one.scheduled}
            for one in place.kept(settings.CLAWDBOT.backup.name)
        ]
        if options["json"]:
            self.print_json(rows)
            return
        shown = [{**row, "size": _size(row["size"])} for row in rows]
        self.print_table(shown, ("name", "made_at", "size", "scheduled"), empty=f"no backup in {place.shown}")

    def do_verify(self, options: dict[str, Any]) -> None:
        with self._archive(options) as path:
            found = verifying.verify(path, self._passphrase_for(path, options), self._say)
        if options["json"]:
            self.print_json(
                {
                    "ok": found.ok,
                    "made_at": found.made_at,
                    "keys": found.with_keys,
                    "files": found.files,
                    "findings": found.findings,
                }
            )
        else:
            for one in found.findings:
                if one["level"] != "ok":
                    self.stdout.write(f"{one['level']}  {one['name']}: {one['text']}")
            keys = "keys decrypted" if found.with_keys else "keys not checked"
            files = f"{found.files} files"
            self.stdout.write(f"{'ok' if found.ok else 'NOT usable'}: state of {found.made_at}, {files}, {keys}")
        if not found.ok:
            sys.exit(1)

    def do_restore(self, options: dict[str, Any]) -> None:
        home = Path(os.path.expanduser(options["home"])).absolute() if options["home"] else Path(settings.CLAWDBOT.home)
        with self._archive(options) as path, self._locked(home):
            passphrase = "" if options["without_keys"] else self._passphrase_for(path, options, needed=True)
            found = restoring.restore(path, home, passphrase, force=options["force"], say=self._say)
        self.stdout.write(f"{found.home} is back at {found.made_at}.")
        if found.aside is not None:
            self.stdout.write(f"What was there before lies in {found.aside}; delete it when you no longer need it.")
        if not found.with_keys:
            self.stderr.write(
                f"The keys were not restored. Copy the old folder keys/ to {found.home / 'keys'} before the start, or "
                "enter every credential again."
            )
        if found.configuration is not None:
            self.stdout.write(f"Its configuration file is {found.configuration}; compare it with yours.")
        if found.held:
            self.stdout.write(f"Held, because it may have been done since: {_counted(found.held)}.")
            self.stdout.write(
                "See: manage.py backup pending. Then: manage.py backup release --yes, or backup drop --yes"
            )

    def do_pending(self, options: dict[str, Any]) -> None:
        rows = restored.pending()
        if options["json"]:
            self.print_json(
                [
                    {
                        "kind": one.kind,
                        "id": one.id,
                        "bot": one.bot,
                        "channel": one.channel,
                        "who": one.who,
                        "text": one.text,
                        "since": one.since,
                        "begun": one.begun,
                    }
                    for one in rows
                ]
            )
            return
        shown = [
            {
                "kind": one.kind,
                "id": one.id,
                "bot": one.bot,
                "who": one.who,
                "since": one.since.isoformat(timespec="seconds") if one.since else "",
                "begun": one.begun,
                "text": " ".join(one.text.split()),
            }
            for one in rows
        ]
        self.print_table(shown, ("kind", "id", "bot", "who", "since", "begun", "text"), empty="nothing is held")

    def do_release(self, options: dict[str, Any]) -> None:
        kinds = self._kinds(options, "lets happen")
        self.stdout.write(f"released: {_counted(restored.release(AuditEntry.COMMAND, kinds, options['ids']))}")

    def do_drop(self, options: dict[str, Any]) -> None:
        kinds = self._kinds(options, "gives up")
        self.stdout.write(f"dropped: {_counted(restored.drop(AuditEntry.COMMAND, kinds, options['ids']))}")

    def do_settle(self, options: dict[str, Any]) -> None:
        if migrations.pending():
            call_command("migrate", interactive=False, verbosity=0)
        holding.hold(clock.now())
        marks = contents.read_marks(Path(options["journal"]).read_bytes()) if options["journal"] else {}
        self.stdout.write(json.dumps(restored.settle(marks, options["name"])))

    def _kinds(self, options: dict[str, Any], does: str) -> tuple[str, ...]:
        if options["ids"] and not options["kind"]:
            raise CommandError("--id needs --kind: ids of two kinds may be equal")
        held = restored.counts()
        kinds = (options["kind"],) if options["kind"] else tuple(restored.KINDS)
        if not options["yes"]:
            meant = f"{len(options['ids'])} of " if options["ids"] else ""
            counted = _counted({kind: count for kind, count in held.items() if kind in kinds})
            raise CommandError(f"this {does} {meant}{counted}; repeat with --yes")
        return kinds

    @contextlib.contextmanager
    def _archive(self, options: dict[str, Any]) -> Iterator[Path]:
        """Yields the archive that the operator names; one of a bucket is fetched for the time."""
        named = Path(os.path.expanduser(options["archive"]))
        if named.is_file():
            yield named
            return
        place = places.place(options["to"])
        kept = place.kept(settings.CLAWDBOT.backup.name)
        wanted = kept[0].name if options["archive"] == "latest" and kept else options["archive"]
        if all(one.name != wanted for one in kept):
            raise CommandError(f"{options['archive']}: neither a file nor a backup in {place.shown} (backup list)")
        if place.local:
            yield place.fetch(wanted, Path())
            return
        with scratch.folder(Path(settings.CLAWDBOT.home), "fetch") as folder:
            self._say(f"fetching {wanted}")
            yield place.fetch(wanted, folder)

    @contextlib.contextmanager
    def _locked(self, home: Path) -> Iterator[None]:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            held = home_lock.take(home)
        except home_lock.HomeInUse as error:
            who = f"process {error.pid}" if error.pid else "another process"
            raise CommandError(f"{home}: {who} runs on this home: stop it first") from None
        try:
            yield
        finally:
            os.close(held)

    def _passphrase_for(self, path: Path, options: dict[str, Any], *, needed: bool = False) -> str:
        """Returns the passphrase if the archive has keys."""
        with archive.opened(path) as found:
            unpacking.refuse_newer(found)
            if not found.manifest["keys"]:
                return ""
        passphrase = _passphrase(options, "Passphrase of the backup: ")
        if needed and not passphrase:
            raise CommandError(
                "the keys in this backup need its passphrase: --passphrase-file FILE, or --without-keys to go without"
            )
        return passphrase

    def _say(self, line: str) -> None:
        self.stderr.write(line)


def _add_passphrase(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--passphrase-file",
        default="",
        metavar="FILE",
        help="file whose first line is the passphrase; without it that of the settings, else it is asked for",
    )


def _passphrase(options: dict[str, Any], question: str, *, twice: bool = False) -> str:
    if options["passphrase_file"]:
        return passphrases.of_file(Path(os.path.expanduser(options["passphrase_file"])))
    return passphrases.of_settings() or passphrases.ask(question, twice=twice)


def _size(count: int) -> str:
    return f"{count / 2**20:.1f} MiB"


def _counted(found: dict[str, int]) -> str:
    return ", ".join(f"{count} {_TEXT_OF_KINDS[kind]}" for kind, count in found.items()) or "nothing"
