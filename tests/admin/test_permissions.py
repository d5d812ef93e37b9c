"""Staff users work with the bots granted to them and see nothing of other bots."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User

from bots.models import (
    Bot,
    BotAccess,
    Channel,
    Conversation,
    InboundEvent,
    Message,
    ModelProvider,
    OutboundMessage,
    Person,
)
from memory.models import MemoryEntry
from tests.admin.builders import (
    address,
    login,
    make_bot,
    make_channel,
    make_conversation,
    make_memory,
    make_provider,
    make_turn,
    make_usage,
    make_user,
)

pytestmark = pytest.mark.django_db
Role = BotAccess.Role
SCOPED = (Bot, Channel, Person, Conversation, Message, InboundEvent, OutboundMessage, MemoryEntry)


def make_side(slug: str) -> Conversation:
    """Makes a bot with one row of each kind."""
    conversation = make_conversation(make_channel(make_bot(slug), name=f"{slug} channel"), f"{slug}-person")
    make_turn(conversation, text=f"{slug} question", state=OutboundMessage.State.DEAD)
    make_memory(conversation, f"{slug} memory")
    make_usage(conversation)
    return conversation


def staff(role: str, bot: Bot) -> User:
    user = make_user("staff", superuser=False)
    BotAccess.objects.create(user=user, bot=bot, role=role)
    return user


def row_of(model: Any, bot: Bot) -> Any:
    path = {
        Bot: "pk",
        Message: "conversation__bot",
        InboundEvent: "channel__bot",
        OutboundMessage: "channel__bot",
    }.get(model, "bot")
    return model.objects.filter(**{path: bot.pk}).first()


@pytest.mark.parametrize("model", SCOPED, ids=lambda model: model.__name__)
def test_only_rows_of_granted_bots_are_listed_and_opened(model: Any) -> None:
    mine, theirs = make_side("mine"), make_side("theirs")
    client = login(staff(Role.VIEWER, mine.bot))
    listed = client.get(address(model, "changelist"))
    assert {row.pk for row in listed.context["cl"].queryset} == {row.pk for row in _rows(model, mine.bot)}
    assert "theirs" not in listed.content.decode().lower()
    assert client.get(address(model, "change", row_of(model, mine.bot).pk)).status_code == 200
    # Django redirects to the index for a row outside the queryset
    assert client.get(address(model, "change", row_of(model, theirs.bot).pk)).status_code == 302


def _rows(model: Any, bot: Bot) -> Any:
    path = {Bot: "pk", Message: "conversation__bot", InboundEvent: "channel__bot", OutboundMessage: "channel__bot"}
    return model.objects.filter(**{path.get(model, "bot"): bot.pk})


def test_a_viewer_changes_nothing() -> None:
    mine = make_side("mine")
    client = login(staff(Role.VIEWER, mine.bot))
    assert client.post(address(Bot, "change", mine.bot.pk), {"name": "Taken over", "slug": "mine"}).status_code == 403
    assert client.post(address(Channel, "change", mine.channel_id), {"name": "Taken over"}).status_code == 403
    assert client.get(address(Channel, "add")).status_code == 403
    dead = OutboundMessage.objects.get()
    client.post(address(OutboundMessage, "changelist"), {"action": "retry_selected", "_selected_action": [dead.pk]})
    dead.refresh_from_db()
    assert dead.state == OutboundMessage.State.DEAD
    mine.bot.refresh_from_db()
    assert mine.bot.name == "Mine"


def test_a_viewer_sees_no_account_fields_and_no_save_button() -> None:
    mine = make_side("mine")
    html = login(staff(Role.VIEWER, mine.bot)).get(address(Channel, "change", mine.channel_id)).content.decode()
    assert "account__telegram__token" not in html
    assert 'name="_save"' not in html
    assert "_verify" not in html
    assert "_set_webhook" not in html


def test_an_operator_retries_dead_letters_but_does_not_configure() -> None:
    mine = make_side("mine")
    client = login(staff(Role.OPERATOR, mine.bot))
    dead = OutboundMessage.objects.get()
    client.post(address(OutboundMessage, "changelist"), {"action": "retry_selected", "_selected_action": [dead.pk]})
    dead.refresh_from_db()
    assert dead.state == OutboundMessage.State.PENDING
    assert client.post(address(Channel, "change", mine.channel_id), {"name": "Taken over"}).status_code == 403


def test_an_action_reaches_only_bots_on_which_the_role_suffices() -> None:
    mine, seen = make_side("mine"), make_side("seen")
    user = staff(Role.OPERATOR, mine.bot)
    BotAccess.objects.create(user=user, bot=seen.bot, role=Role.VIEWER)
    both = list(OutboundMessage.objects.values_list("pk", flat=True))
    login(user).post(address(OutboundMessage, "changelist"), {"action": "retry_selected", "_selected_action": both})
    states = dict(OutboundMessage.objects.values_list("channel__bot__slug", "state"))
    assert states == {"mine": "pending", "seen": "dead"}


def test_a_bulk_deletion_stops_at_a_bot_that_is_only_viewed() -> None:
    mine, seen = make_side("mine"), make_side("seen")
    user = staff(Role.MANAGER, mine.bot)
    BotAccess.objects.create(user=user, bot=seen.bot, role=Role.VIEWER)
    both = list(Conversation.objects.values_list("pk", flat=True))
    values = {"action": "delete_selected", "_selected_action": both, "post": "yes"}
    assert login(user).post(address(Conversation, "changelist"), values).status_code == 403
    assert Conversation.objects.count() == 2


def test_a_manager_changes_the_bot_but_cannot_attach_a_channel_to_another() -> None:
    mine, theirs = make_side("mine"), make_side("theirs")
    client = login(staff(Role.MANAGER, mine.bot))
    values = {"bot": theirs.bot.pk, "platform": "webhook", "name": "Sneaky", "enabled": "on"}
    response = client.post(address(Channel, "add"), values)
    assert "bot" in response.context["adminform"].form.errors
    assert not Channel.objects.filter(name="Sneaky").exists()


def test_what_belongs_to_no_bot_needs_djangos_own_permission() -> None:
    mine = make_side("mine")
    provider = make_provider("another cloud")
    client = login(staff(Role.MANAGER, mine.bot))
    assert client.get(address(ModelProvider, "change", provider.pk)).status_code == 403
    assert client.get(address(User, "changelist")).status_code == 403
    assert provider.name not in client.get("/admin/").content.decode()


def test_the_dashboard_counts_only_granted_bots() -> None:
    mine, theirs = make_side("mine"), make_side("theirs")
    make_turn(theirs, state=OutboundMessage.State.DEAD)
    response = login(staff(Role.VIEWER, mine.bot)).get("/admin/")
    values = {str(tile.label): tile.value for tile in response.context["tiles"]}
    assert values["Dead letters"] == "1"
    assert values["Messages today"] == "1"


def test_staff_without_any_bot_sees_an_empty_house() -> None:
    make_side("theirs")
    client = login(make_user("new", superuser=False))
    assert client.get("/admin/").status_code == 200
    assert client.get(address(Bot, "changelist")).status_code == 403


def test_who_opens_the_login_page_itself_comes_to_the_dashboard(client: Any) -> None:
    user = make_user()
    user.set_password("correct horse battery")
    user.save()
    answer = client.post("/admin/login/", {"username": user.get_username(), "password": "correct horse battery"})
    assert answer.status_code == 302
    assert answer["Location"] == "/admin/"


def test_choosers_offer_only_granted_bots() -> None:
    mine = make_side("mine")
    make_side("hidden")
    values = {"app_label": "bots", "model_name": "channel", "field_name": "bot"}
    response = login(staff(Role.MANAGER, mine.bot)).get("/admin/autocomplete/", values)
    assert [offered["id"] for offered in response.json()["results"]] == [str(mine.bot.pk)]
