"""`manage.py limit`: what bots, people, group chats, channels and tenants may consume."""

from __future__ import annotations

from argparse import ArgumentParser
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.management.base import CommandError

from bots.management.base import OperatorCommand, add_json, add_yes, require_yes
from bots.models import Bot, Limit, OwnerKind
from bots.operations import bots, prices, providers, spending
from bots.operations.configuration_log import COMMAND

_NO_LIMIT = ("off", "none", "-")


class Command(OperatorCommand):
    help = "Limits messages a minute, tokens a day and money a month: adds, changes, lists, shows and removes limits."

    def add_actions(self, actions: Any) -> None:
        add = actions.add_parser("add", help="limit a bot, people, group chats, channels or a tenant")
        add.add_argument("kind", choices=OwnerKind.values)
        add.add_argument("--bot", metavar="SLUG", help="for all but a tenant")
        add.add_argument(
            "--name", default="", help="a person's key, a channel's id or the tenant; without it each one of the bot"
        )
        _add_values(add)
        add_json(add)
        change = actions.add_parser("set", help="change a limit")
        change.add_argument("number", type=int)
        _add_values(change)
        add_json(change)
        add_json(actions.add_parser("list", help="list limits"))
        show = actions.add_parser("show", help="show how much of a limit is used")
        show.add_argument("number", type=int)
        add_json(show)
        cost = actions.add_parser("prices", help="list known prices of the models; with --apply take one over")
        cost.add_argument("--apply", metavar="PROVIDER", help="give this provider the known prices of its model")
        add_json(cost)
        remove = actions.add_parser("remove", help="remove a limit")
        remove.add_argument("number", type=int)
        add_yes(remove)

    def do_add(self, options: dict[str, Any]) -> None:
        kind = options["kind"]
        if (kind == OwnerKind.TENANT) == bool(options["bot"]):
            raise CommandError("name a tenant with --name" if options["bot"] else "name the bot with --bot")
        bot: Bot | None = bots.get_bot(options["bot"]) if options["bot"] else None
        self._tell(spending.add(kind, bot, options["name"], _values(options), COMMAND), options)

    def do_set(self, options: dict[str, Any]) -> None:
        self._tell(spending.save(spending.get(options["number"]), COMMAND, _values(options)), options)

    def do_list(self, options: dict[str, Any]) -> None:
        rows = [_facts(row) for row in Limit.objects.select_related("bot", "person", "channel__bot")]
        if options["json"]:
            self.print_json(rows)
            return
        self.print_table(rows, ("number", "owner", "bot", *spending.VALUES), empty="No limits.")

    def do_show(self, options: dict[str, Any]) -> None:
        row = spending.get(options["number"])
        standing = [
            {
                "unit": one.unit,
                "limit": f"{one.ceiling.normalize():f}",
                "spent": f"{one.spent.normalize():f}",
                "reserved": f"{one.reserved.normalize():f}",
                "refused": one.refused,
                "ends": one.ends_at.isoformat(timespec="minutes"),
            }
            for one in spending.standing(row)
        ]
        if options["json"]:
            self.print_json({**_facts(row), "standing": standing})
            return
        self.stdout.write(str(row))
        self.print_table(
            standing, ("unit", "limit", "spent", "reserved", "refused", "ends"), empty="It limits nothing."
        )

    def do_prices(self, options: dict[str, Any]) -> None:
        if options["apply"]:
            row = prices.take_over(providers.get_provider(options["apply"]).pk, COMMAND)
            self.stdout.write(f"{row.name} costs {row.input_price} and {row.output_price} {prices.CURRENCY} now.")
            return
        rows = [
            {
                "provider": one.provider.name,
                "model": one.provider.model,
                "input": one.provider.input_price,
                "output": one.provider.output_price,
                "known_input": one.known.input_price if one.known else None,
                "known_output": one.known.output_price if one.known else None,
            }
            for one in prices.suggestions()
        ]
        if options["json"]:
            self.print_json(rows)
            return
        columns = ("provider", "model", "input", "output", "known_input", "known_output")
        self.print_table(rows, columns, empty="No providers.")

    def do_remove(self, options: dict[str, Any]) -> None:
        row = spending.get(options["number"])
        require_yes(options, f"the limit {row.pk} ({row})")
        spending.remove(row, COMMAND)
        self.stdout.write(f"Limit {options['number']} is gone.")

    def _tell(self, row: Limit, options: dict[str, Any]) -> None:
        if options["json"]:
            self.print_json(_facts(row))
            return
        self.stdout.write(f"Limit {row.pk} ({row}) holds within two seconds.")


def _add_values(parser: ArgumentParser) -> None:
    parser.add_argument("--messages", metavar="N", help='messages a minute; 0: none at all, "off": no limit')
    parser.add_argument("--tokens", metavar="N", help="tokens a day")
    parser.add_argument("--money", metavar="N", help="money a month, in the currency of the prices")


def _values(options: dict[str, Any]) -> dict[str, Any]:
    given = dict(zip(spending.VALUES, (options["messages"], options["tokens"], options["money"]), strict=True))
    return {name: _number(name, text) for name, text in given.items() if text is not None}


def _number(name: str, text: str) -> int | Decimal | None:
    if text in _NO_LIMIT:
        return None
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise CommandError(f"{text}: not a number") from None
    if not number.is_finite() or (name != "money_per_month" and number != number.to_integral_value()):
        raise CommandError(f"{text}: not a whole number")
    return number if name == "money_per_month" else int(number)


def _facts(row: Limit) -> dict[str, Any]:
    values = {name: getattr(row, name) for name in spending.VALUES}
    return {"number": row.pk, "owner": str(row), "bot": row.bot.slug if row.bot else "", **values}
