"""`manage.py pairing`: list, approve and deny people who wait with a pairing code."""

from __future__ import annotations

from typing import Any

from bots.management.base import OperatorCommand, add_json
from bots.models import Identity
from bots.operations import pairing
from bots.operations.bots import get_bot


class Command(OperatorCommand):
    help = "Lets people in on channels that ask strangers for a pairing code."

    def add_actions(self, actions: Any) -> None:
        listing = actions.add_parser("list", help="list people who wait with a code")
        listing.add_argument("--bot", metavar="SLUG", help="only this bot's")
        add_json(listing)
        for name, text in (("approve", "let the person with this code in"), ("deny", "keep this person out")):
            action = actions.add_parser(name, help=text)
            action.add_argument("code", help="the code the person was given")
            action.add_argument("--bot", required=True, metavar="SLUG")

    def do_list(self, options: dict[str, Any]) -> None:
        bot = get_bot(options["bot"]) if options["bot"] else None
        rows = [_facts(identity) for identity in pairing.waiting(bot)]
        if options["json"]:
            self.print_json(rows)
            return
        self.print_table(rows, ("code", "name", "account", "channel", "bot", "valid_until"), empty="Nobody waits.")

    def do_approve(self, options: dict[str, Any]) -> None:
        identity = pairing.by_code(get_bot(options["bot"]), options["code"])
        pairing.approve(identity)
        self.stdout.write(f"{identity.user_name or identity.external_id} is in.")

    def do_deny(self, options: dict[str, Any]) -> None:
        identity = pairing.by_code(get_bot(options["bot"]), options["code"])
        pairing.deny(identity)
        self.stdout.write(f"{identity.user_name or identity.external_id} stays out.")


def _facts(identity: Identity) -> dict[str, Any]:
    return {
        "code": identity.pairing_code,
        "name": identity.user_name,
        "account": identity.external_id,
        "channel": str(identity.channel),
        "bot": identity.person.bot.slug,
        "valid_until": identity.pairing_expires_at,
    }
