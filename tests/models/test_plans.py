"""The statements that run all the time read only what is open: their cost does not grow with finished rows.

Each statement is explained by the real database. A plan that reads all rows of a growing table fails, and so does one
that reads all rows of a bot or a channel, which in most installations is the same.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from bots import reminders
from bots.admin.home import figures
from bots.admin.ui import large_tables
from bots.llm import figures as model_figures
from bots.maintenance.retention import estimate, running
from bots.maintenance.retention.kinds import KINDS
from bots.models import Broadcast, Channel, Message, ModelProvider, Person, PersonDay, ProviderHour, Schedule, Worker
from bots.models.file import uploads
from bots.monitoring import doctor, gauges, provider_health, readiness
from bots.operations import broadcasts, queues, usage_report
from bots.reminders import broadcasting
from memory.consolidation import retention
from tests.builders import make_bot, make_channel, make_conversation, make_event, make_outbound, say
from tests.reminders.builders import make_chat, make_schedule

pytestmark = [pytest.mark.django_db, pytest.mark.databases("memory")]

# Tables with a few rows for each installation, not for each message or person.
SMALL = {
    "bots_bot", "bots_channel", "bots_channelhealth", "bots_channelhour", "bots_modelprovider", "bots_worker",
    "bots_alarm", "bots_alarmnotice", "bots_alarmrule", "bots_alarmtarget", "bots_backuprun", "bots_reservation",
    "bots_botaccess", "bots_botprovider", "bots_broadcast", "bots_label", "bots_lease", "bots_limit",
    "bots_retentionrule", "bots_waitingmemory",
    "memory_embedderchoice", "memory_consolidationrun", "memory_largescope",
    "memory_ongoingwork", "skills_skill",
}  # fmt: skip
GROWING = {
    model._meta.db_table for app in ("bots", "memory") for model in apps.get_app_config(app).get_models()
} - SMALL
PARTIAL = {
    index.name
    for app in ("bots", "memory")
    for model in apps.get_app_config(app).get_models()
    for index in (*model._meta.indexes, *model._meta.constraints)
    if getattr(index, "condition", None) is not None
}
LISTS = (
    "inboundevent", "outboundmessage", "message", "conversation", "person", "statetransition", "turnusage",
    "auditentry", "receivedfile", "sentfile", "schedule",
)  # fmt: skip


@pytest.fixture
def channel() -> Channel:
    bot = make_bot(retention_days=30)
    channel = make_channel(bot)
    say(channel, "hello")
    make_outbound(channel, make_conversation(channel, "chat-2"))
    return channel


def test_sweep(channel: Channel) -> None:
    from bots.pipeline import inbox

    inbox.accept(channel, [make_event(chat="waits")])
    assert not list(wide(queues.sweep))


def test_heartbeat(channel: Channel) -> None:
    from bots.pipeline import inbox

    (row_id,) = inbox.accept(channel, [make_event(chat="claimed")]).accepted
    assert inbox.claim(row_id) is not None
    assert not list(wide(queues.release_abandoned))


def test_a_reminder_that_is_due(channel: Channel) -> None:
    row = make_schedule(make_chat(channel, "reminded", quiet_hours="off"), "2026-11-30T10:05", "FREQ=DAILY")
    Schedule.objects.filter(pk=row.pk).update(next_at=timezone.now())
    assert not list(wide(lambda: reminders.deliver(row.pk)))
    assert Message.objects.filter(meta__kind="reminder").exists()


def test_a_step_of_a_broadcast(channel: Channel) -> None:
    for number in range(5):
        make_chat(channel, f"p{number}", zone="UTC", quiet_hours="off")
    row = broadcasts.release(Broadcast.objects.create(bot=channel.bot, name="n", text="x"), "root")
    assert not [fault for fault in wide(lambda: broadcasting.step(row.pk)) if "bots_person" not in fault]
    assert Message.objects.filter(meta__kind="broadcast").exists()


def test_start(channel: Channel) -> None:
    assert not list(wide(queues.recover))


def test_clock_that_was_set_back(channel: Channel) -> None:
    Worker.objects.create(
        id="ahead", host="elsewhere", pid=1, role="worker", beat_at=timezone.now() + timedelta(hours=1)
    )
    assert not list(wide(queues.sweep))


def test_figures_of_providers(channel: Channel) -> None:
    provider = ModelProvider.objects.create(name="main", endpoint="http://127.0.0.1:1/v1", model="m")
    now = timezone.now()
    for name in ("calls", "errors"):
        ProviderHour.objects.create(provider=provider, hour=now, name=name, amount=1)

    def read() -> None:
        provider_health.of_all([provider.pk], now - timedelta(hours=24))
        provider_health.by_time(provider.pk, now, steps=24)
        model_figures.forget_old(now)

    assert not list(wide(read))


def test_readiness(channel: Channel) -> None:
    assert not list(wide(readiness.check))


def test_figures_of_the_metrics(channel: Channel) -> None:
    assert not list(wide(gauges.collect))


@pytest.mark.parametrize("scoped", [False, True])
def test_dashboard(channel: Channel, scoped: bool) -> None:
    bots = frozenset({channel.bot_id}) if scoped else None
    assert not list(wide(lambda: figures.collect(bots)))


def test_preview_of_the_retention(channel: Channel) -> None:
    assert not list(wide(lambda: retention.preview(channel.bot_id, timezone.now())))


def test_the_preview_and_a_run_of_the_retention_of_rows(channel: Channel) -> None:
    now = timezone.now() + timedelta(days=4000)
    uploads().save("elsewhere/0-1.png", ContentFile(b"which no row knows"))
    assert not list(wide(lambda: [estimate.preview(kind, kind.default, now) for kind in KINDS], paged=True))
    assert not list(wide(lambda: running.run(now=now), paged=True))
    assert not uploads().exists("elsewhere/0-1.png")


def test_doctor(channel: Channel) -> None:
    assert not list(wide(doctor.examine))


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("query", ["", "?q=nowhere"])
def test_lists_and_searches_of_the_admin(
    channel: Channel, name: str, query: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(large_tables, "_last_left_out", lambda request, model: 1)  # every table is large
    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    url = reverse(f"admin:bots_{name}_changelist") + query
    client.get(url)
    assert not list(wide(lambda: client.get(url), paged=True))


def wide(work: Callable[[], object], *, paged: bool = False) -> Iterator[str]:
    """Runs the work and yields each statement that reads all rows of a growing table, with the step of its plan.

    paged: A list page. It has no LIMIT while its rows fit one page.
    """
    with CaptureQueriesContext(connection) as captured:
        work()
    explain = _sqlite_faults if connection.vendor == "sqlite" else _postgres_faults
    for query in captured.captured_queries:
        if query["sql"].startswith(("SELECT", "UPDATE", "DELETE", "WITH")):
            for fault in explain(query["sql"], paged):
                yield f"{fault} in {query['sql']}"


def _sqlite_faults(sql: str, paged: bool) -> Iterator[str]:
    tables = {alias: table for table, alias in re.findall(r'"(\w+)" (T\d+|[U-W]\d+)\b', sql)}
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN QUERY PLAN " + sql.replace("%", "%%"))
        steps = [row[3] for row in cursor.fetchall()]
    limited = paged or " LIMIT " in sql
    # Rows in the order of an index are read until the page is full.
    page = limited and " WHERE " not in sql and not any("TEMP B-TREE" in step for step in steps)
    for step in steps:
        found = re.match(r"(SCAN|SEARCH) (\w+)(?: USING (?:COVERING )?INDEX (\w+))?(?: \((.*)\))?", step)
        if found is None or tables.get(found[2], found[2]) not in GROWING or found[3] in PARTIAL:
            continue
        whole_bot = re.fullmatch(r"(bot_id|channel_id)=\?", found[4] or "") and not limited
        if whole_bot or (found[1] == "SCAN" and not page):
            yield step


def _postgres_faults(sql: str, paged: bool) -> Iterator[str]:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")  # a small table is always read whole
        cursor.execute("EXPLAIN (FORMAT JSON) " + sql.replace("%", "%%"))
        found = cursor.fetchone()[0]
        cursor.execute("SET LOCAL enable_seqscan = on")
    plan = (json.loads(found) if isinstance(found, str) else found)[0]["Plan"]
    yield from _sequential(plan)


def _sequential(node: dict[str, Any]) -> Iterator[str]:
    if node["Node Type"] == "Seq Scan" and node.get("Relation Name") in GROWING:
        yield f"Seq Scan on {node['Relation Name']}"
    for child in node.get("Plans", ()):
        yield from _sequential(child)


def test_summaries_that_are_due(channel: Channel) -> None:
    from bots.models import Conversation
    from bots.pipeline.summaries import writing

    Conversation.objects.update(summary_due_at=timezone.now() - timedelta(seconds=1))
    assert not list(wide(writing.write_due))


def test_messages_in_a_row(channel: Channel) -> None:
    from bots.pipeline import inbox

    channel.bot.bursts = "collect"
    channel.bot.save()
    events = [make_event(chat="waits"), make_event(chat="waits"), make_event("/status", chat="waits")]
    assert not list(wide(lambda: inbox.accept(channel, events)))


@pytest.mark.parametrize("by", usage_report.GROUPS)
def test_page_about_money(channel: Channel, by: str) -> None:
    today = usage_report.today()
    person = Person.objects.first()
    PersonDay.objects.create(person=person, bot_id=channel.bot_id, day=today, calls=1)
    first = today - timedelta(days=usage_report.DAYS)
    with CaptureQueriesContext(connection) as captured:
        assert not list(wide(lambda: usage_report.make(None, first, today, by)))
        assert not list(wide(lambda: list(usage_report.lines(None, first, today, by))))
    if by != "person":
        return
    people = next(one["sql"] for one in captured if "LIMIT 100" in one["sql"] and "bots_personday" in one["sql"])
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(("EXPLAIN QUERY PLAN " if connection.vendor == "sqlite" else "EXPLAIN ") + people)
        plan = str(cursor.fetchall())
    assert "person_day_sums" in plan, "the sums are in the index, so no row of the table is read"
    assert "COVERING" in plan or connection.vendor != "sqlite"
