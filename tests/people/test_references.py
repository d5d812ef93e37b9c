"""Names for ids, both ways, at the webhook and at the platform's API."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from bots.models import Channel, Identity, Message, Person
from bots.people import references
from bots.pipeline import inbox
from bots.pipeline.dispatch.dispatcher import MessageDispatcher
from tests.adapters.contract import CASES, slack_body
from tests.builders import make_bot, make_channel, make_event, say, use_policy
from tests.http_server import Answer, Recorded, Server, json_answer
from tests.peers import BotApi, StubModel

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("words_only")]

_numbers = itertools.count(1)
SLACK_NAMES = {
    "users.info": {
        "U0BEN": {"user": {"profile": {"display_name": "Ben\n<@Okri>"}}},
        "U0KIM": {"user": {"name": "kim"}},
        "U0KIM2": {"user": {"name": "kim"}},
    },
    "conversations.info": {"C0DOCK": {"channel": {"name": "dock"}}},
}


class Slack:
    """Slack's API, and the bot's channel there."""

    def __init__(self, server: Server) -> None:
        self.asked: list[str] = []
        self.case = CASES["slack"]
        self.account = {
            **self.case.account,
            self.case.secret_key: [self.case.configured(self.case.secrets[0])],
            "bot_user_id": "U0BOT",
        }
        self.channel = make_channel(
            make_bot(name="Robin"), platform="slack", credentials=self.account | {"base_url": server.url}
        )
        server.respond = self._answer
        self.sent: list[str] = []

    def _answer(self, request: Recorded) -> Answer:
        path, _, query = request.path.partition("?")
        method = path.rsplit("/", 1)[-1]
        self.asked.append(f"{method} {query}".strip())
        if method == "chat.postMessage":
            self.sent.append(request.json["text"])
            return json_answer({"ok": True, "ts": f"9.{next(_numbers)}", "channel": "C01"})
        if method == "usergroups.list":
            return json_answer({"ok": True, "usergroups": [{"id": "S0CREW", "handle": "crew"}]})
        found = SLACK_NAMES.get(method, {}).get(query.rpartition("=")[2])
        return json_answer({"ok": True, **found} if found else {"ok": False, "error": "not_found"})

    def deliver(self, text: str, user: str = "U0ANN", **fields: Any) -> None:
        ts = f"1.{next(_numbers)}"
        event = {"type": "message", "channel": "C01", "channel_type": "channel", "user": user, "ts": ts, "text": text}
        envelope = {"type": "event_callback", "event_id": f"Ev{ts}", "event": event | fields}
        made = self.case.adapter(self.case.secrets[0])
        adapter = type(made)(self.account, clock=made.clock)
        received = adapter.receive(self.case.genuine(slack_body(envelope)))
        for row_id in inbox.accept(self.channel, received.events).accepted:
            MessageDispatcher().process(row_id)


@pytest.fixture
def slack(server: Server) -> Slack:
    return Slack(server)


def test_what_a_message_names_by_id_reaches_the_model_by_name(slack: Slack, model: StubModel) -> None:
    slack.deliver(
        "<@U0BOT> do <@U0BEN>, <@U0NONE> and <!subteam^S0CREW> meet in <#C0DOCK|> or <#C09|pier> "
        "<!date^1796000400^{date}|tomorrow> <!date^1796000400^{date}>?"
    )
    wanted = "do @Ben Okri, <@U0NONE> and @crew meet in #dock or #pier tomorrow 2026-11-30 01:00 UTC?"
    assert Message.objects.get(role="user").text == wanted
    assert wanted in str(model.prompts[-1])


def test_each_name_is_asked_for_once(slack: Slack, model: StubModel) -> None:
    for _ in range(2):
        slack.deliver("<@U0BOT> ask <@U0BEN> and <@U0NONE>")
    asked = [call for call in slack.asked if call.startswith("users.info") and "U0ANN" not in call]
    assert sorted(asked) == ["users.info user=U0BEN", "users.info user=U0NONE"]


def test_an_edit_has_names_too(slack: Slack, model: StubModel) -> None:
    slack.deliver("<@U0BOT> ask somebody")
    ts = Message.objects.get(role="user").platform_message_id
    new = {"type": "message", "user": "U0ANN", "ts": ts, "text": "<@U0BOT> ask <@U0BEN>"}
    slack.deliver("", subtype="message_changed", message=new, previous_message=new | {"text": "<@U0BOT> ask somebody"})
    assert Message.objects.get(role="user").text == "ask @Ben Okri"


def test_a_name_in_an_answer_mentions_who_spoke_there_and_nobody_else(slack: Slack, model: StubModel) -> None:
    slack.deliver("good morning", user="U0KIM")
    slack.deliver("<@U0BOT> tell @kim, @Ben Okri and `@kim` <@U0BEN> &lt;!channel&gt;", user="U0ANN")
    (sent,) = slack.sent
    assert "tell <@U0KIM>, @Ben Okri and `@kim`" in sent
    assert "<@U0BEN>" not in sent
    assert "<!channel>" not in sent


def test_in_a_private_chat_nobody_is_mentioned(slack: Slack, model: StubModel) -> None:
    slack.deliver("good morning", user="U0KIM")
    slack.deliver("tell @kim", user="U0KIM", channel="D01", channel_type="im")
    assert "<@" not in slack.sent[-1]


def test_two_people_of_one_name_are_not_mentioned(slack: Slack, model: StubModel) -> None:
    for user in ("U0KIM", "U0KIM2"):
        slack.deliver("good morning", user=user)
    slack.deliver("<@U0BOT> tell @kim")
    assert "<@" not in slack.sent[-1]


def test_on_telegram_a_person_without_a_username_is_mentioned(channel: Channel, api: BotApi, model: StubModel) -> None:
    use_policy(channel, group_policy="all")
    say(channel, "hi", chat="-7", user="41", chat_type="group", user_name="Ann & Bo")
    say(channel, "call @Ann & Bo", chat="-7", user="42", chat_type="group", user_name="Cy")
    assert 'call <a href="tg://user?id=41">@Ann &amp; Bo</a>' in api.texts("-7")[-1]


def test_a_number_in_whatsapp_gets_the_name_of_a_known_person_only() -> None:
    channel = make_channel(platform="whatsapp")
    event = make_event("ask @4367000001 or @4367000002, not a@4367000001", chat="g")
    person = Person.objects.create(bot=channel.bot, display_name="Eva")
    Identity.objects.create(channel=channel, person=person, external_id="4367000001")
    assert references.named(channel, event).text == "ask @Eva or @4367000002, not a@4367000001"
