"""Converts slash commands and interactivity (buttons, menus, shortcuts, modals), which come as forms, to events."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl

from adapters.errors import MalformedPayload
from adapters.events import Event, EventKind
from adapters.payload import as_id, as_list, as_object, as_text
from adapters.slack.events import body_key, chat_type_of
from adapters.slack.passages import whole
from adapters.slack.text import plain
from clawdbot.reasons import Reason

Payload = Mapping[str, Any]

MAX_FIELDS = 100
_SINGLE = (
    "value",
    "selected_user",
    "selected_conversation",
    "selected_channel",
    "selected_date",
    "selected_time",
    "selected_date_time",
)
_MULTIPLE = ("selected_options", "selected_users", "selected_conversations", "selected_channels")
# Slack expects a response to these, but no action.
_QUIET = frozenset({"block_suggestion", "view_closed", "workflow_step_edit", "dialog_cancellation"})


def read_form(body: bytes) -> dict[str, str]:
    """Parses the fields of a form into values that can be stored.

    Raises:
        MalformedPayload: The body is no form.
    """
    try:
        form = parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=MAX_FIELDS)
    except ValueError:
        raise MalformedPayload(Reason("neither_json_nor_form")) from None
    return {name.replace("\x00", ""): value.replace("\x00", "\ufffd") for name, value in form}


def slash_command(form: Mapping[str, str], body: bytes) -> Event:
    """Returns the event of a slash command. Its name keeps the slash, as registered at Slack."""
    chat_id = form.get("channel_id") or None
    direct = form.get("channel_name") == "directmessage"
    text = plain(form.get("text", "")).strip()
    return Event(
        kind=EventKind.COMMAND,
        dedupe_key=form.get("trigger_id") or body_key(body),
        user_id=form.get("user_id") or None,
        user_name=form.get("user_name", ""),
        chat_id=chat_id,
        chat_type="private" if direct else chat_type_of(chat_id),
        text=text,
        command=form.get("command", "").lower(),
        args=text,
        thread_id=form.get("thread_ts") or None,
        reply_url=form.get("response_url") or None,
        mentions_bot=True,
        raw=dict(form),
    )


def interaction(payload: Payload, body: bytes) -> tuple[Event, ...]:
    """Returns the events of an interactive payload: one for each action."""
    kind = as_text(payload, "type")
    message, container = as_object(payload, "message"), as_object(payload, "container")
    channel, user = as_object(payload, "channel"), as_object(payload, "user")
    chat_id = as_id(channel, "id") or as_id(container, "channel_id")
    message_id = as_id(container, "message_ts") or as_id(payload, "message_ts") or as_id(message, "ts")
    thread = as_id(message, "thread_ts") or as_id(container, "thread_ts")
    base = Event(
        kind=EventKind.ACTION,
        dedupe_key=as_text(payload, "trigger_id") or body_key(body),
        user_id=as_id(user, "id"),
        user_name=as_text(user, "name") or as_text(user, "username"),
        chat_id=chat_id or as_id(user, "id"),  # modals and the home tab have no chat: answer the person
        chat_type=chat_type_of(chat_id) if chat_id else "private",
        message_id=message_id,
        target_message_id=message_id,
        thread_id=thread if thread != message_id else None,
        data=as_text(payload, "callback_id"),
        reply_url=_reply_url(payload),
        raw=payload,
    )
    if kind in _QUIET:
        return (replace(base, kind=EventKind.IGNORED, change=kind),)
    if kind in ("block_actions", "interactive_message"):
        return tuple(_actions(base, payload)) or (replace(base, kind=EventKind.IGNORED, change=kind),)
    if kind == "view_submission":
        return (_view(base, as_object(payload, "view")),)
    if kind == "dialog_submission":
        given = as_object(payload, "submission").values()
        return (replace(base, text="\n".join(str(value) for value in given if value)),)
    if kind in ("message_action", "shortcut"):
        found = whole(message, ())
        text = found[0].text if found else ""
        return (replace(base, text=text, forwarded=bool(message), forwards=found),)
    return (replace(base, kind=EventKind.IGNORED, change=kind[:64] or "unknown"),)


def _reply_url(payload: Payload) -> str | None:
    direct = as_text(payload, "response_url")
    later = [as_text(item, "response_url") for item in as_list(payload, "response_urls") if isinstance(item, dict)]
    return direct or next(filter(None, later), None)


def _actions(base: Event, payload: Payload) -> Iterator[Event]:
    actions = [item for item in as_list(payload, "actions") if isinstance(item, dict)]
    for number, action in enumerate(actions):
        label = as_object(action, "text") or as_object(as_object(action, "selected_option"), "text")
        yield replace(
            base,
            dedupe_key=f"{base.dedupe_key}:{number}" if number else base.dedupe_key,
            data=chosen(action),
            text=as_text(label, "text"),
        )


def chosen(action: Payload) -> str:
    """Returns the pressed or chosen value; several values are joined by commas."""
    option = as_object(action, "selected_option")
    if option:
        return as_text(option, "value")
    for key in _SINGLE:
        if (value := as_id(action, key)) is not None:
            return value
    for key in _MULTIPLE:
        values = [as_text(item, "value") if isinstance(item, dict) else item for item in as_list(action, key)]
        if values:
            return ",".join(value for value in values if isinstance(value, str))
    return as_text(action, "action_id") or as_text(action, "name")


def _view(base: Event, view: Payload) -> Event:
    given: dict[str, str] = {}
    for block in as_object(as_object(view, "state"), "values").values():
        for name, action in block.items() if isinstance(block, dict) else ():
            if isinstance(action, dict):
                given[str(name)] = chosen(action) if _filled(action) else ""
    return replace(
        base,
        data=as_text(view, "callback_id"),
        args=given,
        text="\n".join(filter(None, given.values())),
    )


def _filled(action: Payload) -> bool:
    return bool(as_object(action, "selected_option")) or any(action.get(key) for key in (*_SINGLE, *_MULTIPLE))
