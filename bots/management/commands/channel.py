"""`manage.py channel`: connect bots to platforms."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import CommandError

from adapters import registry
from bots.management.base import OperatorCommand, add_json, add_yes, read_secret, require_yes
from bots.models import Channel
from bots.operations import channels, verification
from bots.operations.bots import get_bot


class Command(OperatorCommand):
    help = "Connects bots to platforms: adds, lists, tests and removes channels, and registers webhooks."

    def add_actions(self, actions: Any) -> None:
        add = actions.add_parser("add", help="connect a bot to a platform", epilog=_keys_help())
        add.add_argument("platform", help=", ".join(registry.platforms()))
        add.add_argument("--bot", required=True, metavar="SLUG", help="the bot that answers there")
        add.add_argument("--name", default="", help="display name")
        add.add_argument(
            "--set", action="append", default=[], metavar="KEY=VALUE", help="a value of the account; may be repeated"
        )
        add.add_argument(
            "--set-file",
            action="append",
            default=[],
            metavar="KEY=FILE",
            help='the same, from a file; "-": standard input',
        )
        add_json(add)
        listing = actions.add_parser("list", help="list channels")
        listing.add_argument("--bot", metavar="SLUG", help="only this bot's")
        add_json(listing)
        test = actions.add_parser("test", help="ask the platform whether the credentials are right")
        test.add_argument("id")
        hook = actions.add_parser("set-webhook", help="register the webhook at the platform")
        hook.add_argument("id")
        hook.add_argument(
            "--url",
            default=settings.CLAWDBOT.web.public_url,
            help="public address of this product; default: web.public_url",
        )
        remove = actions.add_parser("remove", help="delete a channel with its conversations")
        remove.add_argument("id")
        add_yes(remove)

    def do_add(self, options: dict[str, Any]) -> None:
        account = _account(options["set"], options["set_file"])
        channel = channels.add_channel(options["platform"], get_bot(options["bot"]), account, options["name"])
        if options["json"]:
            self.print_json(_facts(channel))
            return
        self.stdout.write(f"Channel {channel.public_id} takes webhooks at {channel.webhook_path}")

    def do_list(self, options: dict[str, Any]) -> None:
        found = Channel.objects.select_related("bot").order_by("bot__slug", "platform", "id")
        if options["bot"]:
            found = found.for_bot(get_bot(options["bot"]))
        rows = [_facts(channel) for channel in found]
        if options["json"]:
            self.print_json(rows)
            return
        columns = ("id", "platform", "bot", "enabled", "webhook_path", "last_error")
        self.print_table(rows, columns, empty="No channels yet: python manage.py channel add PLATFORM --bot SLUG")

    def do_test(self, options: dict[str, Any]) -> None:
        channel = channels.get_channel(options["id"])
        public = settings.CLAWDBOT.web.public_url
        self._tell(verification.verify_channel(channel, public + channel.webhook_path if public else ""))

    def do_set_webhook(self, options: dict[str, Any]) -> None:
        channel = channels.get_channel(options["id"])
        if not options["url"].startswith(("http://", "https://")):
            raise CommandError("the public address is not known: set web.public_url or give --url https://...")
        self._tell(verification.set_webhook(channel, options["url"]))

    def do_remove(self, options: dict[str, Any]) -> None:
        channel = channels.get_channel(options["id"])
        require_yes(
            options, f"channel {channel.public_id} ({channel.platform} of {channel.bot.slug}) and its conversations"
        )
        self.stdout.write(f"Channel {options['id']} is gone, {channels.remove_channel(options['id'])} rows in all.")

    def _tell(self, outcome: verification.Outcome) -> None:
        if not outcome.ok:
            raise CommandError(" ".join(outcome.lines))
        self.stdout.write("\n".join(outcome.lines))


def _account(pairs: list[str], files: list[str]) -> dict[str, Any]:
    given: dict[str, list[str]] = {}
    for pair in pairs:
        key, found, value = pair.partition("=")
        if not found or not key.strip():
            raise CommandError("--set takes KEY=VALUE")
        given.setdefault(key.strip(), []).append(value)
    for pair in files:
        key, found, source = pair.partition("=")
        if not found or not key.strip() or not source:
            raise CommandError("--set-file takes KEY=FILE")
        given.setdefault(key.strip(), []).append(read_secret(source))
    # A repeated key becomes a list: a rotation needs several secrets.
    return {key: values[0] if len(values) == 1 else values for key, values in given.items()}


def _facts(channel: Channel) -> dict[str, Any]:
    return {
        "id": channel.public_id,
        "platform": channel.platform,
        "bot": channel.bot.slug,
        "name": channel.name,
        "enabled": channel.enabled,
        "webhook_path": channel.webhook_path,
        "last_error": channel.last_error,
    }


def _keys_help() -> str:
    parts = []
    for platform in registry.platforms():
        keys = (f"{field.name}{'' if field.required else '?'}" for field in registry.account_fields(platform))
        parts.append(f"{platform}: {' '.join(keys)}")
    return "Keys (? = optional): " + "; ".join(parts)
