"""Calls that listen and speak reserve before they are made and pay what they cost; at a limit the person is told."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest
from django.conf import settings

from bots.limits import rules, sums
from bots.limits.account import Account
from bots.limits.rules import Owners
from bots.llm.errors import LimitReached
from bots.models import Bot, Channel, ModelProvider, ReceivedFile, Reservation, TurnUsage, UsageDay
from bots.speech import endpoints, recognition
from tests.builders import answers, say
from tests.http_server import serve
from tests.limits.builders import balance, make_limit
from tests.peers import BotApi, StubModel
from tests.pipeline.dispatch.test_listening import speak
from tests.pipeline.dispatch.test_speaking import Chat, use
from tests.speech.builders import Kind, connect, connected
from tests.speech_server import OPUS, Asked, SpeechServer, sound

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.databases,
    pytest.mark.usefixtures("words_only"),
]
MINUTE = Decimal("0.006")  # the price in `connected`


@pytest.fixture
def ears() -> Iterator[SpeechServer]:
    with connected(SpeechServer()) as made:
        yield made


def test_seconds_heard_are_reserved_paid_and_shown(channel: Channel, api: BotApi, ears: SpeechServer) -> None:
    make_limit(channel.bot, money_per_month=Decimal("0.0003"))
    held: list[int] = []

    def hears(_asked: Asked) -> str:
        held.append(balance(unit="money").reserved)
        return "Where does my sister live?"

    ears.hears = hears
    speak(channel, api, body=OPUS)
    usage = TurnUsage.objects.get(purpose="voice")
    assert usage.heard_s > 0
    assert held[0] > 0
    assert balance(unit="money").spent == rules.in_ledger(usage.cost)
    assert balance(unit="money").reserved == 0
    assert not Reservation.objects.exists()
    sums.add_new()
    assert UsageDay.objects.get(purpose="voice").money == rules.in_ledger(usage.cost)


def test_at_the_limit_nothing_is_sent_and_the_person_reads_a_kind_sentence(
    channel: Channel, api: BotApi, model: StubModel, ears: SpeechServer
) -> None:
    limit = make_limit(channel.bot, money_per_month=Decimal("0.0001"))
    row = speak(channel, api, body=sound(2.0), kind="audio")
    assert row.state == "done"
    assert answers() == ["I cannot listen to recordings for a while. Could you write to me what you said?"]
    assert not ears.asked
    assert not model.prompts
    assert (balance(unit="money").refused, balance(unit="money").spent) == (1, 0)
    assert ReceivedFile.objects.get().unheard == ""  # it may be heard later
    say(channel, "你好", chat="7")
    speak(channel, api, body=sound(2.0), kind="audio")
    assert answers()[-1] == "我暂时听不了语音。可以用文字告诉我你说了什么吗？"
    limit.delete()
    rules.held.clear()
    speak(channel, api, body=sound(2.0), kind="audio")
    assert len(ears.asked) == 1


def test_at_the_limit_a_free_endpoint_listens(channel: Channel, api: BotApi, ears: SpeechServer) -> None:
    make_limit(channel.bot, money_per_month=Decimal("0.0001"))
    with SpeechServer(hears="the free one heard it").server() as free:
        connect(free.url, Kind.TRANSCRIPTION, name="free", priority=900)
        speak(channel, api, body=sound(2.0), kind="audio")
    assert not ears.asked
    assert TurnUsage.objects.get(purpose="voice").provider == "free"


def test_a_failed_call_costs_nothing_and_silence_is_paid(channel: Channel, api: BotApi, ears: SpeechServer) -> None:
    make_limit(channel.bot, money_per_month=Decimal(1))
    ears.hears = ""
    speak(channel, api, body=sound(3.0), kind="audio")
    assert answers()[-1].startswith("I could not hear anything")
    usage = TurnUsage.objects.get(purpose="voice")
    assert usage.cost > 0
    spent = balance(unit="money").spent
    assert spent == rules.in_ledger(usage.cost)
    ModelProvider.objects.filter(kind=Kind.TRANSCRIPTION).update(endpoint="http://127.0.0.1:9/v1")
    endpoints.clear_cache()
    speak(channel, api, body=sound(3.0), kind="audio")
    row = balance(unit="money")
    assert (row.spent, row.reserved) == (spent, 0)


def test_a_recording_without_a_known_length_reserves_the_longest(channel: Channel, ears: SpeechServer) -> None:
    longest = settings.CLAWDBOT.speech.longest_minutes
    limit = make_limit(channel.bot, money_per_month=MINUTE * longest / 2)
    account = Account(Owners(channel.bot_id))
    with pytest.raises(LimitReached):
        recognition.transcribe(sound(2.0), "audio/wav", account=account)
    assert not ears.asked
    assert recognition.transcribe(sound(2.0), "audio/wav", seconds=2.0, account=account).cost == MINUTE * 2 / 60
    assert limit.money_per_month is not None


def test_characters_spoken_are_paid_and_at_the_limit_the_text_comes_alone(channel: Channel, model: StubModel) -> None:
    chat = Chat()
    with serve(chat.answer) as server, connected(SpeechServer(), Kind.SPEECH):
        channel.credentials = {**channel.credentials, "base_url": server.url}
        channel.save()
        use(channel, Bot.VoiceReplies.ALWAYS)
        ModelProvider.objects.filter(kind=Kind.SPEECH).update(voice_price=Decimal(1000))
        endpoints.clear_cache()
        model.says = "It is Monday."  # 13 characters: 0.013
        make_limit(channel.bot, money_per_month=Decimal("0.03"))
        for number in range(4):
            say(channel, f"hello {number}", chat="7")
    rows = TurnUsage.objects.filter(purpose="voice")
    assert [row.cost for row in rows] == [Decimal("0.013")] * 2
    assert (balance(unit="money").spent, balance(unit="money").reserved) == (26_000_000, 0)
    assert chat.methods == ["sendVoice", "sendVoice", "sendMessage", "sendMessage"]
    assert len(answers()) == 4


def test_a_recording_whose_length_nobody_tells_is_not_free(channel: Channel, ears: SpeechServer) -> None:
    """Newer recognizers report no duration, and other products then billed nothing."""
    make_limit(channel.bot, money_per_month=Decimal(1))
    ears.knows_details = False
    account = Account(Owners(channel.bot_id))
    heard = recognition.transcribe(b"\xff\xfb\x90\x00" + bytes(30_000), "audio/mpeg", account=account)
    assert 5 < heard.seconds < 20
    assert heard.cost > 0
    assert balance(unit="money").spent == rules.in_ledger(heard.cost)
