"""Every payload at Feishu's address gives events or a clean refusal."""

from __future__ import annotations

import contextlib
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from adapters.errors import AdapterError
from adapters.events import EventKind
from tests.adapters.feishu.builders import envelope, event_of, feishu, message, plain_request, request

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
_NAMES = ("sender", "message", "operator", "context", "action", "users", "reader", "message_id_list", "reaction_type")
_TYPES = ["im.message.receive_v1", "card.action.trigger", "im.message.message_read_v1", "application.bot.menu_v6"]
_EVENTS = st.fixed_dictionaries({}, optional=dict.fromkeys(_NAMES, _JSON))


@given(st.binary(max_size=200))
def test_any_bytes_give_events_or_a_clean_refusal(body: bytes) -> None:
    for adapter, one in (
        (feishu(), request(body)),
        (feishu(), plain_request(body)),
        (feishu(encrypt_key=""), plain_request(body)),
    ):
        with contextlib.suppress(AdapterError):
            adapter.receive(one)


@given(st.sampled_from([*_TYPES, "im.message.reaction.created_v1", "im.chat.member.user.added_v1"]), _EVENTS)
def test_any_event_gives_events_or_a_clean_refusal(kind: str, event: dict[str, Any]) -> None:
    with contextlib.suppress(AdapterError):
        feishu().receive(request(envelope(kind, event)))


@given(st.sampled_from(["text", "post", "image", "location", "interactive", "audio"]), _JSON)
def test_any_content_gives_a_message(kind: str, content: Any) -> None:
    assert event_of(message(content, kind=kind, mentions=[content])).kind is EventKind.MESSAGE


@given(st.sampled_from(["post", "interactive"]), st.lists(st.lists(_JSON, max_size=3), max_size=3))
def test_any_rich_content_gives_a_message(kind: str, lines: Any) -> None:
    assert event_of(message({"content": lines, "elements": lines}, kind=kind)).kind is EventKind.MESSAGE
