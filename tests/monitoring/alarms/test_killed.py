"""A process that is killed before any statement loses no notice and doubles none."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bots.models import Alarm, AlarmNotice, OutboundMessage, Worker
from bots.monitoring.alarms import evaluation, sending, telling
from bots.pipeline.queue import workers
from tests.builders import make_channel
from tests.http_server import serve
from tests.killing import kill_before_statement
from tests.monitoring.alarms.builders import Watching, make_target

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]
MOST_STATEMENTS = 60


def _as_another_process() -> None:
    """What follows is done by another process, for which the killed one is dead."""
    workers.clear_cache()
    Worker.objects.update(beat_at=Worker.objects.latest("beat_at").beat_at - timedelta(hours=1), host="gone")


def test_an_alarm_is_told_once_wherever_beat_is_killed(watching: Watching) -> None:
    watch = watching(for_s=0)
    make_target("first")
    make_target("second")
    evaluation.rules()
    watch.values = {"main": 1.0}
    for number in range(1, MOST_STATEMENTS):
        Alarm.objects.all().delete()
        AlarmNotice.objects.all().delete()
        killed = kill_before_statement(number, watch.step)
        watch.step()
        watch.step()
        kinds = list(AlarmNotice.objects.values_list("target__name", "kind").order_by("target__name"))
        assert kinds == [("first", "firing"), ("second", "firing")], number
        if not killed:
            return
    raise AssertionError("more statements than this test kills")


@pytest.mark.parametrize("way", ["chat", "webhook"])
def test_a_notice_arrives_wherever_its_sender_is_killed(way: str, monkeypatch: Any) -> None:
    with serve() as receiver:
        values: dict[str, Any] = {"url": receiver.url}
        if way == "chat":
            values = {"kind": "chat", "url": "", "channel": make_channel(), "chat_id": "ops"}
        target = make_target(**values)
        for number in range(1, MOST_STATEMENTS):
            AlarmNotice.objects.all().delete()
            OutboundMessage.objects.all().delete()
            receiver.requests.clear()
            workers.current()
            row = telling.enqueue(target, "test", [])
            killed = kill_before_statement(number, lambda: sending.deliver_to(target.pk))
            _as_another_process()
            workers.current()
            sending._free_claims()
            sending.deliver_to(target.pk)
            row.refresh_from_db()
            assert row.state == "sent", number
            if way == "chat":
                assert OutboundMessage.objects.count() == 1, number
            else:
                assert {request.headers["idempotency-key"] for request in receiver.requests} == {row.key}, number
            if not killed:
                return
    raise AssertionError("more statements than this test kills")
