"""Reads membership changes of people and of the bot, in both generations of events."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from adapters.events import Event, EventKind
from adapters.feishu.people import Json, alt_id, open_id
from adapters.payload import as_id, as_list, as_object, as_text

Reader = Callable[[Event, Json, str], tuple[Event, ...]]


def bot(change: str, private: bool = False) -> Reader:
    """Reads that the bot joined or left, or that its private chat was opened; the user is the person who did it."""

    def read(base: Event, event: Json, bot_open_id: str) -> tuple[Event, ...]:
        person = as_object(event, "user")  # a new private chat in the first generation
        ids = as_object(event, "operator_id") or person or as_object(event, "operator") or _flat(event)
        return (
            replace(
                base,
                kind=EventKind.MEMBER,
                change=change,
                user_id=open_id(ids),
                alt_user_id=alt_id(ids),
                user_name=as_text(person, "name") or as_text(event, "operator_name"),
                chat_id=_chat(event),
                chat_type="private" if private else "group",
            ),
        )

    return read


def people(change: str) -> Reader:
    """Reads that people joined or left; one event may list several."""

    def read(base: Event, event: Json, bot_open_id: str) -> tuple[Event, ...]:
        base = replace(base, kind=EventKind.MEMBER, change=change, chat_id=_chat(event), chat_type="group")
        users = [user for user in as_list(event, "users") if isinstance(user, dict)]
        out = []
        for user in users:
            ids = as_object(user, "user_id") or user  # the first generation lacks this level
            key = base.dedupe_key if len(users) == 1 else f"{base.dedupe_key}:{open_id(ids)}"
            name = as_text(user, "name")
            out.append(replace(base, dedupe_key=key, user_id=open_id(ids), alt_user_id=alt_id(ids), user_name=name))
        return tuple(out) or (base,)

    return read


def _flat(event: Json) -> Json:
    return {"open_id": event.get("operator_open_id"), "user_id": event.get("operator_employee_id")}


def _chat(event: Json) -> str | None:
    return as_id(event, "chat_id") or as_id(event, "open_chat_id")
