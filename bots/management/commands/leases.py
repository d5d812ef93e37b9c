"""`manage.py leases`: what one process at a time does, who does it, and who would take it over."""

from __future__ import annotations

from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from bots.management.base import OperatorCommand, add_json
from bots.models import Lease
from bots.monitoring.leases import duties_of

COLUMNS = ("duty", "state", "held by", "since", "renewed", "token", "would take over")


class Command(OperatorCommand):
    help = "Lists the duties that one process at a time does: who holds each, since when, and who would take it over."

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_json(parser)
        parser.set_defaults(action="list")

    def do_list(self, options: dict[str, Any]) -> None:
        found = list(duties_of(Lease.objects.all()).values())
        if options["json"]:
            self.print_json([asdict(duty) | {"since": duty.since.isoformat()} for duty in found])
            return
        rows = [
            {
                "duty": duty.name,
                "state": duty.state,
                "held by": duty.holder,
                "since": duty.since.isoformat(sep=" ", timespec="seconds"),
                "renewed": f"{duty.renewed_s:.0f} s ago",
                "token": duty.token,
                "would take over": ", ".join(duty.standbys),
            }
            for duty in found
        ]
        self.print_table(rows, COLUMNS, empty="No process has taken a duty yet.")
