"""`manage.py bot`: make, list, show and remove bots."""

from __future__ import annotations

from typing import Any

from django.db.models import Count

from bots.management.base import OperatorCommand, add_json, add_yes, require_yes
from bots.models import Bot, BotProvider
from bots.operations import bot_models
from bots.operations.bots import add_bot, get_bot, remove_bot
from bots.operations.web_channels import ensure_web_channel


class Command(OperatorCommand):
    help = "Makes, lists, shows and removes bots."

    def add_actions(self, actions: Any) -> None:
        add = actions.add_parser("add", help="make a bot")
        add.add_argument("slug", help="its name in addresses: letters, digits, - and _")
        add.add_argument("--name", default="", help="its name for people; default: the slug")
        add_json(add)
        add_json(actions.add_parser("list", help="list all bots"))
        show = actions.add_parser("show", help="show one bot and its channels")
        show.add_argument("slug")
        add_json(show)
        models = actions.add_parser("models", help="show the models that a bot asks, in their order")
        models.add_argument("slug")
        add_json(models)
        add_model = actions.add_parser("add-model", help="let a bot ask a model; with such a line it asks no other")
        add_model.add_argument("slug")
        add_model.add_argument("provider", help="name of a model provider")
        add_model.add_argument("--model", default="", metavar="M", help="another model of this provider")
        add_model.add_argument("--use", choices=BotProvider.Use.values, default="any", help="in which turns")
        add_model.add_argument(
            "--tokens", type=int, metavar="N", help="a short prompt has at most, a long one at least"
        )
        remove_model = actions.add_parser("remove-model", help="take a model from a bot's list")
        remove_model.add_argument("slug")
        remove_model.add_argument("number", type=int, help="its number in the list, from 1 on")
        remove = actions.add_parser("remove", help="delete a bot with everything it knows")
        remove.add_argument("slug")
        add_yes(remove)

    def do_add(self, options: dict[str, Any]) -> None:
        bot = add_bot(options["slug"], options["name"])
        ensure_web_channel(bot)
        if options["json"]:
            self.print_json(_facts(bot))
            return
        self.stdout.write(f"Bot {bot.slug} is ready: /chat/{bot.slug}/")

    def do_list(self, options: dict[str, Any]) -> None:
        rows = [_facts(bot) for bot in Bot.objects.order_by("slug")]
        if options["json"]:
            self.print_json(rows)
            return
        self.print_table(
            rows, ("slug", "name", "enabled", "default"), empty="No bots yet: python manage.py bot add SLUG"
        )

    def do_show(self, options: dict[str, Any]) -> None:
        bot = get_bot(options["slug"])
        channels = [
            {"id": channel.public_id, "platform": channel.platform, "webhook_path": channel.webhook_path}
            for channel in bot.channels.all()
        ]
        counts = Bot.objects.filter(pk=bot.pk).aggregate(
            people=Count("people", distinct=True), conversations=Count("conversations", distinct=True)
        )
        facts = {**_facts(bot), **counts, "channels": channels}
        if options["json"]:
            self.print_json(facts)
            return
        for name, value in facts.items():
            if name != "channels":
                self.stdout.write(f"{name}: {value}")
        self.print_table(channels, ("id", "platform", "webhook_path"), empty="No channels.")

    def do_models(self, options: dict[str, Any]) -> None:
        rows = [_line(number, line) for number, line in enumerate(bot_models.lines(get_bot(options["slug"])), 1)]
        if options["json"]:
            self.print_json(rows)
            return
        columns = ("number", "provider", "model", "use", "tokens", "enabled")
        self.print_table(rows, columns, empty="It asks all enabled providers by their priority.")

    def do_add_model(self, options: dict[str, Any]) -> None:
        values = {name: options[name] for name in ("model", "use", "tokens")}
        line = bot_models.add_line(get_bot(options["slug"]), options["provider"], **values)
        model = line.model or line.provider.model
        self.stdout.write(f"Bot {options['slug']} asks {line.provider.name} ({model}) from the next message on.")

    def do_remove_model(self, options: dict[str, Any]) -> None:
        bot_models.remove_line(get_bot(options["slug"]), options["number"])
        self.stdout.write(f"Bot {options['slug']} no longer has this line.")

    def do_remove(self, options: dict[str, Any]) -> None:
        bot = get_bot(options["slug"])
        require_yes(options, f"bot {bot.slug}, its channels, people, conversations and memories")
        self.stdout.write(f"Bot {options['slug']} is gone, {remove_bot(options['slug'])} rows in all.")


def _line(number: int, line: BotProvider) -> dict[str, Any]:
    return {
        "number": number,
        "provider": line.provider.name,
        "model": line.model or line.provider.model,
        "use": line.use,
        "tokens": line.tokens,
        "enabled": line.provider.enabled,
    }


def _facts(bot: Bot) -> dict[str, Any]:
    return {
        "id": bot.pk,
        "slug": bot.slug,
        "name": bot.name,
        "enabled": bot.enabled,
        "default": bot.is_default,
        "chat_path": f"/chat/{bot.slug}/",
    }
