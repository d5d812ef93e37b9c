"""Which models a bot asks: its own list, by the length of the prompt, and for images."""

from __future__ import annotations

from typing import Any

import pytest

from bots.llm import NoModelAvailable, complete, routing
from bots.models import Bot, BotProvider, ModelProvider
from tests.http_server import Server
from tests.llm.builders import QUESTION, chat, make_provider

pytestmark = pytest.mark.django_db

LONG: list[Any] = [{"role": "user", "content": "word " * 9000}]
MIDDLE: list[Any] = [{"role": "user", "content": "word " * 2000}]


@pytest.fixture
def bot() -> Bot:
    return Bot.objects.create(slug="b", name="B")


@pytest.fixture(autouse=True)
def answers(endpoint: Server) -> None:
    endpoint.answer(chat("yes"))


def line(bot: Bot, provider: ModelProvider, **values: Any) -> BotProvider:
    return BotProvider.objects.create(bot=bot, provider=provider, **values)


def asked(endpoint: Server) -> list[str]:
    return [request.json["model"] for request in endpoint.requests]


def test_a_bot_asks_its_own_models_in_its_own_order(bot: Bot, endpoint: Server) -> None:
    first, second = (make_provider(endpoint, name=name, model=name) for name in ("first", "second"))
    line(bot, second, position=1, model="other")
    line(bot, first, position=2)
    assert complete(QUESTION, bot=bot).provider == "second"
    assert complete(QUESTION).provider == "first", "the product's own work keeps to the priority"
    assert asked(endpoint) == ["other", "first"]


def test_a_bot_with_its_own_list_asks_nobody_else(bot: Bot, endpoint: Server) -> None:
    mine = make_provider(endpoint, name="mine", enabled=False)
    make_provider(endpoint, name="foreign")
    line(bot, mine)
    with pytest.raises(NoModelAvailable):
        complete(QUESTION, bot=bot)
    assert endpoint.requests == []
    assert routing.of_bot(bot.pk) == ()


def test_short_and_long_turns_have_their_models(bot: Bot, endpoint: Server) -> None:
    usual = make_provider(endpoint, name="usual", model="usual", context_tokens=100_000)
    line(bot, usual, model="small", use="simple")
    line(bot, usual, model="large", use="long")
    for messages in (QUESTION, MIDDLE, LONG):
        complete(messages, bot=bot)
    assert asked(endpoint) == ["small", "usual", "large"]
    BotProvider.objects.filter(use="simple").update(tokens=5000)
    routing.clear_cache()
    complete(MIDDLE, bot=bot)
    assert asked(endpoint)[-1] == "small"


def test_an_image_goes_to_the_first_model_that_sees(bot: Bot, endpoint: Server) -> None:
    make_provider(endpoint, name="blind", model="blind")
    seeing = make_provider(endpoint, name="seeing", model="seeing", can_see=True)
    complete(QUESTION, bot=bot, has_image=True)
    complete(QUESTION, bot=bot)
    line(bot, seeing, model="eagle", use="vision")
    routing.clear_cache()
    complete(QUESTION, bot=bot, has_image=True)
    complete(QUESTION, bot=bot)
    assert asked(endpoint) == ["seeing", "blind", "eagle", "blind"]


def test_another_model_of_the_provider_has_its_own_circuit(bot: Bot, endpoint: Server) -> None:
    row = make_provider(endpoint, model="usual")
    line(bot, row, model="other")
    (target,) = routing.of_bot(bot.pk)
    assert (target.key, target.model, target.name) == (row.pk, "other", row.name)
