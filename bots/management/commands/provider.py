"""`manage.py provider`: connect language models."""

from __future__ import annotations

import os
from dataclasses import asdict
from typing import Any

from django.core.management.base import CommandError

from bots.i18n.failure_texts import describe
from bots.management.base import OperatorCommand, add_json, add_yes, read_secret, require_yes
from bots.models import ModelProvider
from bots.operations import connect, connection_mends, providers


class Command(OperatorCommand):
    help = "Connects language models: adds, lists, tests and removes them."

    def add_actions(self, actions: Any) -> None:
        add = actions.add_parser("add", help="add a model")
        add.add_argument("name", nargs="?", default="", help="name for it; with --preset that of the preset")
        add.add_argument("--preset", metavar="P", help="service whose address, model and prices are taken")
        add.add_argument("--endpoint", default="", metavar="URL", help="e.g. https://api.openai.com/v1")
        add.add_argument("--model", default="", metavar="M", help="model name there")
        key = add.add_mutually_exclusive_group()
        key.add_argument("--api-key", default="", metavar="K", help='the key; "-" reads it from standard input')
        key.add_argument("--api-key-file", metavar="FILE", help="file that holds the key")
        key.add_argument("--api-key-env", metavar="VAR", help="environment variable that holds the key")
        add.add_argument(
            "--kind",
            choices=ModelProvider.Kind.values,
            default=ModelProvider.Kind.CHAT.value,
            help="chat answers, transcription listens to recordings, speech reads answers aloud; default chat",
        )
        add.add_argument("--voice", default="", metavar="V", help="of speech: name of the voice; default alloy")
        add.add_argument("--vision", action="store_true", help="the model takes images")
        add.add_argument("--priority", type=int, metavar="N", help="lowest is asked first; default 100")
        add_json(add)
        add_json(actions.add_parser("presets", help="list the services that --preset knows"))
        models = actions.add_parser("models", help="list the models that the endpoint of a provider has")
        models.add_argument("name")
        add_json(models)
        add_json(actions.add_parser("list", help="list models in the order they are asked"))
        test = actions.add_parser("test", help="ask a model for one word")
        test.add_argument("name")
        add_json(test)
        remove = actions.add_parser("remove", help="forget a model and its key")
        remove.add_argument("name")
        add_yes(remove)

    def do_add(self, options: dict[str, Any]) -> None:
        if not options["preset"]:
            missing = [name for name in ("name", "--endpoint", "--model") if not options[name.removeprefix("--")]]
            if missing:
                raise CommandError(f"without --preset these are needed: {', '.join(missing)}")
        draft = connect.Draft(
            connect.preset(options["preset"] or "other"),
            endpoint=options["endpoint"],
            model=options["model"],
            api_key=_key(options),
            name=options["name"],
            can_see=options["vision"] or None,
            priority=options["priority"],
            kind=options["kind"],
            voice=options["voice"],
        )
        provider = connect.save(draft)
        if options["json"]:
            self.print_json(_facts(provider))
            return
        self.stdout.write(f"Provider {provider.name} is used from the next message on.")

    def do_presets(self, options: dict[str, Any]) -> None:
        rows = [
            {
                "preset": one.key,
                "name": one.name,
                "endpoint": one.endpoints[0],
                "model": one.model,
                "context": one.context_tokens,
                "vision": one.can_see,
                "key": one.keys_at,
            }
            for one in connect.PRESETS
        ]
        if options["json"]:
            self.print_json(rows)
            return
        self.print_table(rows, ("preset", "name", "endpoint", "model", "key"), empty="")

    def do_models(self, options: dict[str, Any]) -> None:
        found = connect.models_of(providers.get_provider(options["name"]))
        if not found.ok:
            raise CommandError(f"{found.text}. {found.mend}".strip())
        if options["json"]:
            self.print_json([asdict(model) for model in found.models])
            return
        for model in found.models:
            self.stdout.write(model.name)

    def do_list(self, options: dict[str, Any]) -> None:
        rows = [_facts(provider) for provider in ModelProvider.objects.order_by("priority", "id")]
        if options["json"]:
            self.print_json(rows)
            return
        columns = ("name", "kind", "model", "endpoint", "priority", "enabled", "api_key", "last_error")
        self.print_table(rows, columns, empty="No providers: bots answer from memory, commands and skills.")

    def do_test(self, options: dict[str, Any]) -> None:
        result = providers.test_provider(providers.get_provider(options["name"]))
        if options["json"]:
            self.print_json(
                {
                    "ok": result.ok,
                    "text": describe(result.text),
                    "ms": result.ms,
                    "model": result.model,
                }
            )
        if not result.ok:
            raise CommandError(connection_mends.told(result.text))
        if not options["json"]:
            self.stdout.write(f"{options['name']} answers in {result.ms} ms: {result.text}")

    def do_remove(self, options: dict[str, Any]) -> None:
        providers.get_provider(options["name"])
        require_yes(options, f"provider {options['name']} and its key")
        providers.remove_provider(options["name"])
        self.stdout.write(f"Provider {options['name']} is gone.")


def _key(options: dict[str, Any]) -> str:
    if variable := options["api_key_env"]:
        if not (found := os.environ.get(variable, "").strip()):
            raise CommandError(f"the environment variable {variable} is empty or not set")
        return found
    source = options["api_key_file"] or ("-" if options["api_key"] == "-" else "")
    return read_secret(source) if source else str(options["api_key"])


def _facts(provider: ModelProvider) -> dict[str, Any]:
    return {
        "name": provider.name,
        "kind": provider.kind,
        "endpoint": provider.endpoint,
        "model": provider.model,
        "priority": provider.priority,
        "enabled": provider.enabled,
        "api_key": "set" if provider.api_key_encrypted else "",
        "last_error": provider.last_error,
    }
