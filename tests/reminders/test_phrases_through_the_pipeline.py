"""Phrases of the fixture that ask for a reminder go through the whole pipeline: each becomes a row, or a question."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from bots.models import Message, Schedule
from skills import catalogue, seed
from tests.builders import make_channel, say
from tests.reminders.builders import BEGIN, make_chat

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("words_only")]

LINES = (Path(__file__).parents[1] / "fixtures" / "times.jsonl").read_text("utf8").splitlines()
PHRASES: list[dict[str, Any]] = [
    phrase
    for phrase in map(json.loads, LINES)
    if ("提醒我" in phrase["text"] or "remind me" in phrase["text"]) and phrase["now"] == "2026-11-30T10:00"
    and phrase["zone"] == "Asia/Shanghai" and len(phrase["found"]) == 1
]  # fmt: skip
TASK = {"zh-hans": "喝水", "en": "drink water"}


def expected(phrase: dict[str, Any]) -> tuple[str, str, int, str] | None:
    """Returns wall time, rule, lead in seconds and zone; None for a question."""
    (found,) = phrase["found"]
    local = found.get("at") or found.get("first")
    if local is None or "T" not in local:
        return None
    zone = found.get("zone", phrase["zone"])
    return datetime.fromisoformat(local).isoformat(), found.get("rule", ""), 60 * found.get("lead_min", 0), zone


def test_a_hundred_phrases_become_what_they_say(monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(PHRASES) >= 100
    assert {phrase["language"] for phrase in PHRASES} == set(TASK)
    monkeypatch.setattr(timezone, "now", lambda: BEGIN.astimezone(UTC))
    seed.seed_built_in()
    catalogue.clear_cache()
    channel = make_channel()
    wrong = []
    for number, phrase in enumerate(PHRASES):
        name = f"p{number}"
        chat = make_chat(channel, name)
        said = say(channel, phrase["text"], chat=name, chat_type="private")
        rows, wanted = Schedule.objects.filter(person=chat.person), expected(phrase)
        first = Message.objects.filter(inbound=said, role="assistant").values_list("text", flat=True).first()
        if wanted is not None and not rows.exists():  # "what shall I remind you of?"
            said = say(channel, TASK[phrase["language"]], chat=name, chat_type="private")
        made = [(row.local[:19], row.rule, row.before_s, row.zone) for row in rows]
        if made != ([wanted] if wanted else []):
            answer = first
            wrong.append((phrase["text"], made, wanted, answer))
    assert not wrong, "\n".join(map(str, wrong))
