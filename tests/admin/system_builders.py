"""Rows of replays and alarms for the tests of the admin."""

from __future__ import annotations

from django.utils import timezone

from bots.models import (
    Alarm,
    AlarmNotice,
    AlarmTarget,
    Channel,
    Conversation,
    EvaluationCase,
    EvaluationSet,
    Message,
    ReplayRun,
    ReplayTurn,
)
from bots.monitoring.alarms import evaluation


def make_replay(conversation: Conversation, number: int) -> None:
    """A run over one past turn, and a set with one question."""
    run = ReplayRun.objects.create(bot=conversation.bot, state=ReplayRun.State.DONE)
    asked = Message.objects.filter(conversation=conversation).first()
    ReplayTurn.objects.create(run=run, position=1, message=asked, state=ReplayTurn.State.DONE, answer="Ten.")
    questions = EvaluationSet.objects.create(bot=conversation.bot, name=f"basics p{number}")
    EvaluationCase.objects.create(evaluation_set=questions, name="sum", question="2+2?")


def make_alarm(channel: Channel, number: int) -> None:
    now = timezone.now()
    Alarm.objects.create(
        code="provider_out", subject=f"p{number}", severity="critical", state="firing", value=1.0, threshold=0.0,
        since=now, seen_at=now,
    )  # fmt: skip
    target = AlarmTarget.objects.create(name=f"t{number}", kind="chat", channel=channel, chat_id="ops")
    AlarmNotice.objects.create(target=target, kind="test", queue_key=f"alarm:{target.pk}")
    evaluation.rules()
