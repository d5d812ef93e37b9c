"""Who may talk to a bot: everybody, people with an approved code, people on a list."""

from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from bots.models import Channel, Identity
from bots.people import identities
from memory.models import MemoryEntry
from tests.builders import say_in_private, use_policy
from tests.peers import BotApi, StubModel

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases("memory")]


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("pairing", *arguments, stdout=out)
    return out.getvalue()


def code(bot: str) -> str:
    return str(json.loads(run("list", "--bot", bot, "--json"))[0]["code"])


def test_a_stranger_gets_a_code_and_nothing_else(channel: Channel, api: BotApi, model: StubModel) -> None:
    use_policy(channel, stranger_policy="pairing")
    say_in_private(channel, "what do you know?", "eve")
    say_in_private(channel, "hello?", "eve")
    identity = Identity.objects.get()
    assert all(identity.pairing_code in sent.text for sent in api.sent)
    assert len(api.sent) == 2
    assert not model.prompts
    assert not MemoryEntry.objects.exists()


def test_an_approved_person_is_told_and_answered(channel: Channel, api: BotApi, model: StubModel) -> None:
    use_policy(channel, stranger_policy="pairing")
    say_in_private(channel, "hello", "eve")
    run("approve", code(channel.bot.slug).lower(), "--bot", channel.bot.slug)
    say_in_private(channel, "hello again", "eve")
    assert model.prompts
    assert run("list").strip() == "Nobody waits."


def test_a_denied_person_hears_nothing_more(channel: Channel, api: BotApi, model: StubModel) -> None:
    use_policy(channel, stranger_policy="pairing")
    say_in_private(channel, "hello", "eve")
    run("deny", code(channel.bot.slug), "--bot", channel.bot.slug)
    say_in_private(channel, "hello again", "eve")
    assert len(api.sent) == 1
    assert not model.prompts


def test_a_code_that_ran_out_or_was_guessed_lets_nobody_in(channel: Channel, api: BotApi) -> None:
    use_policy(channel, stranger_policy="pairing")
    say_in_private(channel, "hello", "eve")
    old = code(channel.bot.slug)
    Identity.objects.update(pairing_expires_at=timezone.now() - timedelta(seconds=1))
    for given in (old, "AAAAAAAA", ""):
        with pytest.raises(CommandError, match="no longer valid"):
            run("approve", given, "--bot", channel.bot.slug)
    identities.clear_cache()
    say_in_private(channel, "hello again", "eve")
    assert old not in api.sent[-1].text


def test_only_people_on_the_list_are_answered(channel: Channel, api: BotApi, model: StubModel) -> None:
    use_policy(channel, stranger_policy="allow_list", allow_list=["alice"])
    say_in_private(channel, "hello", "eve")
    assert not api.sent
    say_in_private(channel, "hello", "alice")
    assert len(api.sent) == 1
