"""The pages of tool calls: what is shown, and who may allow a call."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission
from django.template.loader import render_to_string

from bots.admin import tools
from bots.models import AuditEntry, BotAccess, Conversation, InboundEvent, Message
from bots.monitoring import doctor
from skills.models import BotTool, ToolCall
from tests.admin.builders import (
    SKILL_KEY,
    address,
    login,
    make_bot,
    make_channel,
    make_conversation,
    make_tool_call,
    make_turn,
    make_user,
)

pytestmark = pytest.mark.django_db
Role = BotAccess.Role


@pytest.fixture
def chat() -> Conversation:
    return make_conversation(make_channel(make_bot("ada")), "p0")


def waiting(chat: Conversation, tool: str = "mail") -> ToolCall:
    make_turn(chat)
    event = InboundEvent.objects.latest("id")
    return make_tool_call(chat, tool, begun_by=event.pk, inbound=event)


def act(user: object, action: str, *calls: ToolCall) -> int:
    data = {"action": action, "_selected_action": [call.pk for call in calls]}
    return login(user).post(address(ToolCall, "changelist"), data).status_code  # type: ignore[arg-type]


def staff(role: str, chat: Conversation, name: str = "staff") -> object:
    user = make_user(name, superuser=False)
    BotAccess.objects.create(user=user, bot=chat.bot, role=role)
    return user


@pytest.mark.parametrize(("action", "state"), [("allow_selected", "allowed"), ("refuse_selected", "refused")])
@pytest.mark.parametrize("role", [Role.OPERATOR, Role.MANAGER])
def test_an_operator_of_the_bot_decides(chat: Conversation, role: str, action: str, state: str) -> None:
    call = waiting(chat)
    assert act(staff(role, chat), action, call) == 302
    call.refresh_from_db()
    assert (call.state, call.decided_by) == (state, "staff")
    assert AuditEntry.objects.filter(actor="staff", field_names=[state]).count() == 1
    assert InboundEvent.objects.get(kind="tool_decision").payload["call"] == call.pk


def test_nobody_else_decides(chat: Conversation) -> None:
    call = waiting(chat)
    other = make_conversation(make_channel(make_bot("other")), "p1")
    without = staff(Role.OPERATOR, chat, "without")
    without.user_permissions.remove(Permission.objects.get(codename="change_toolcall"))  # type: ignore[attr-defined]
    for user in (staff(Role.VIEWER, chat, "viewer"), staff(Role.MANAGER, other, "stranger"), without):
        act(user, "allow_selected", call)
        call.refresh_from_db()
        assert call.state == "waiting"
    assert not InboundEvent.objects.filter(kind="tool_decision").exists()


def test_a_call_that_waits_for_the_person_is_not_for_the_team(chat: Conversation) -> None:
    call = waiting(chat)
    ToolCall.objects.update(asked="person")
    act(make_user(), "allow_selected", call)
    call.refresh_from_db()
    assert call.state == "waiting"


def test_the_list_of_waiting_calls(chat: Conversation) -> None:
    waiting(chat, "mail")
    make_tool_call(chat, "metronome", state="done", expires_at=None, idempotency_key="x")
    page = login(make_user()).get(address(ToolCall, "changelist"), {"waits": "operator"}).content.decode()
    assert "mail" in page
    assert "metronome" not in page


def test_a_page_shows_no_secret(chat: Conversation) -> None:
    call = waiting(chat)
    page = login(make_user()).get(address(ToolCall, "change", call.pk)).content.decode()
    assert "Ann" in page
    assert SKILL_KEY not in page


def test_the_calls_of_a_turn(chat: Conversation) -> None:
    call = waiting(chat)
    ToolCall.objects.update(result="<b>sent</b>", decided_by="olga", state="done", arguments={"to": "Ann"})
    message = Message.objects.filter(inbound=call.inbound_id).latest("id")
    text = render_to_string("admin/skills/tool_calls.html", {"calls": tools.calls_of(message)})
    assert "mail" in text
    assert "olga" in text
    assert "&lt;b&gt;sent" in text
    assert tools.calls_of(Message(inbound=None)) == []
    page = login(make_user()).get(f"/admin/bots/conversation/{chat.pk}/turn/{message.pk}/").content.decode()
    assert "&lt;b&gt;sent" in page


def test_a_tool_that_was_switched_off_is_switched_on_again(chat: Conversation) -> None:
    from skills import tool_health

    tool_health.pause(chat.bot_id, "mail", "RuntimeError")
    assert [finding.level for finding in doctor._tools()] == ["warning"]
    row = BotTool.objects.get()
    client = login(make_user())
    assert "switched off until" in client.get(address(BotTool, "changelist")).content.decode()
    client.post(address(BotTool, "changelist"), {"action": "resume_selected", "_selected_action": [row.pk]})
    row.refresh_from_db()
    assert row.paused_until is None
    assert list(doctor._tools()) == []
