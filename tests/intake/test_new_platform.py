"""A new platform needs one line of the registry: address, verification, storage and replies follow from it."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from django.test import Client

from adapters import registry
from adapters.accounts import Account, Secrets, account_field
from adapters.base import Adapter, require_post
from adapters.errors import AccountError, SendError, SignatureRejected
from adapters.events import Event, EventKind, OutgoingMessage, Received, SendReceipt, WebhookRequest
from adapters.payload import as_text, parse_object
from bots.models import InboundEvent, Message, OutboundMessage
from bots.operations.channels import add_channel
from bots.pipeline.dispatch.dispatcher import MessageDispatcher
from clawdbot import signatures
from tests.admin.builders import login, make_user
from tests.api.builders import make_bot

pytestmark = pytest.mark.django_db(transaction=True)
HEADER = "X-Pigeon-Ring"
SENT: list[OutgoingMessage] = []


class PigeonAccount(Account):
    """Account of the pigeon platform."""

    ring: Secrets = account_field((), label=("Ring", "脚环"), secret=True, kind="list")


class PigeonAdapter(Adapter[PigeonAccount]):
    """Adapter of the pigeon platform."""

    platform = "pigeon"
    label = {"en": "Carrier pigeon", "zh": "信鸽"}
    schema = PigeonAccount

    @classmethod
    def identify(cls, request: WebhookRequest) -> bool:
        return HEADER in request.headers

    def receive(self, request: WebhookRequest) -> Received:
        require_post(request)
        if not signatures.verify_any(self.account.ring, request.headers.get(HEADER, ""), lambda ring: ring):
            raise SignatureRejected("not our pigeon")
        note = parse_object(request.body)
        event = Event(
            kind=EventKind.MESSAGE,
            dedupe_key=as_text(note, "id"),
            user_id="loft-1",
            chat_id="loft-1",
            text=as_text(note, "text"),
        )
        return Received((event,))

    def send(self, message: OutgoingMessage) -> SendReceipt:
        SENT.append(message)
        return self.classify(200, {}, b"")

    def classify(self, status: int, headers: Mapping[str, str], body: bytes) -> SendReceipt:
        if status != 200:
            raise SendError("lost in a storm")
        return SendReceipt("p1")


@pytest.fixture(autouse=True)
def one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry.ADAPTERS, "pigeon", f"{__name__}.PigeonAdapter")
    SENT.clear()


def test_its_account_is_checked_like_every_other() -> None:
    with pytest.raises(AccountError) as caught:
        add_channel("pigeon", make_bot(), {"wing": "left"})
    assert "wing" in caught.value.problems


@pytest.mark.parametrize("common", [False, True])
def test_its_message_is_stored_once_and_answered(common: bool) -> None:
    channel = add_channel("pigeon", make_bot(), {"ring": "ring-number-17"})
    path = "/api/webhook" if common else f"/api/webhook/{channel.public_id}"

    def fly(ring: str) -> int:
        body = b'{"id": "n1", "text": "/help"}'
        return Client().post(path, body, content_type="application/json", headers={HEADER: ring}).status_code

    assert fly("ring-number-18") == 401
    assert [fly("ring-number-17"), fly("ring-number-17")] == [200, 200]
    row = InboundEvent.objects.get()
    MessageDispatcher().process(row.pk)
    assert [message.chat_id for message in SENT] == ["loft-1"]
    assert OutboundMessage.objects.get().state == OutboundMessage.State.SENT
    assert "/help" in Message.objects.get(role="assistant").text


def test_its_form_is_in_the_admin_in_both_languages() -> None:
    user = make_user()
    for language, label, ring in (("en", "Carrier pigeon", "Ring"), ("zh-hans", "信鸽", "脚环")):
        html = login(user, language).get("/admin/bots/channel/add/").content.decode()
        assert label in html
        assert ring in html
        assert "account__pigeon__ring" in html
