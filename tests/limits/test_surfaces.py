"""Limits and money in the admin, the API and on the command line."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import AsyncClient, Client
from django.test.utils import CaptureQueriesContext

from bots.limits import rules, sums
from bots.limits.rules import Owners
from bots.models import AuditEntry, Bot, BotAccess, Limit, Person, PersonDay, TurnUsage, UsageDay
from bots.monitoring import doctor
from bots.operations import spending, usage_report
from tests.admin.builders import login, make_user
from tests.builders import make_bot
from tests.limits.builders import make_limit, make_owners, make_usage

pytestmark = [pytest.mark.django_db, pytest.mark.databases]
MONEY = "/admin/bots/limit/money/"


def member(bot: Bot, role: str) -> Client:
    user = make_user(f"user-{role}-{bot.pk}", superuser=False)
    BotAccess.objects.create(user=user, bot=bot, role=role)
    return login(user)


def form(**values: Any) -> dict[str, Any]:
    fields = ("kind", "bot", "person", "channel", "tenant", "messages_per_minute", "tokens_per_day", "money_per_month")
    return {name: values.get(name, "") for name in fields}


def test_a_manager_limits_only_their_bots_and_each_change_is_audited() -> None:
    mine, other = make_bot(), make_bot()
    client = member(mine, "manager")
    add = "/admin/bots/limit/add/"
    assert client.post(add, form(kind="bot", bot=mine.pk, tokens_per_day=10)).status_code == 302
    limit = Limit.objects.get()
    assert client.post(add, form(kind="bot", bot=mine.pk, tokens_per_day=10)).status_code == 200  # there is one
    assert client.post(add, form(kind="bot", bot=other.pk, tokens_per_day=10)).status_code == 200
    assert client.post(add, form(kind="tenant", tenant="acme", tokens_per_day=10)).status_code == 200
    assert client.post(add, form(kind="person", bot=mine.pk)).status_code == 200  # limits nothing
    assert Limit.objects.count() == 1
    change = f"/admin/bots/limit/{limit.pk}/change/"
    assert client.post(change, form(kind="bot", bot=mine.pk, tokens_per_day=0)).status_code == 302
    assert member(other, "manager").post(change, form(kind="bot", bot=mine.pk)).status_code in (302, 403)
    limit.refresh_from_db()
    assert limit.tokens_per_day == 0
    assert client.post(f"/admin/bots/limit/{limit.pk}/delete/", {"post": "yes"}).status_code == 302
    audited = AuditEntry.objects.filter(subject__startswith="bots.limit").order_by("id")
    assert [entry.action for entry in audited] == ["added", "changed", "removed"]
    assert audited[1].field_names == ["tokens_per_day"]


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_page_about_money_shows_only_bots_that_the_user_may_see(language: str) -> None:
    mine, other = make_owners(make_bot(name="Mine")), make_owners(make_bot(name="Other"))
    make_usage(mine, cost=Decimal("1.5"))
    make_usage(other, cost=Decimal("40"))
    sums.add_new()
    make_usage(mine, cost=Decimal("0.25"), purpose=TurnUsage.Purpose.MEMORY)  # not in the sums yet
    client = member(Bot.objects.get(pk=mine.bot_id), "viewer")
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = language
    page = client.get(MONEY, {"by": "bot"}).content.decode()
    assert "1.75" in page
    assert "Mine" in page
    assert "Other" not in page
    assert ("没有" if language == "en" else "Prompt tokens") not in page
    for by in usage_report.GROUPS:
        assert client.get(MONEY, {"by": by}).status_code == 200
    stranger = login(make_user("nobody", superuser=False))
    assert stranger.get(MONEY).status_code == 403


def test_wrong_days_are_explained() -> None:
    client = login(make_user())
    for since, until in (("2026-12-02", "2026-12-01"), ("2020-01-01", "2026-12-01"), ("x", "2026-12-01")):
        page = client.get(MONEY, {"since": since, "until": until, "format": "csv"})
        assert page.status_code == 200
        assert 'role="alert"' in page.content.decode()


def test_the_csv_file_has_every_group_and_no_formula() -> None:
    owners = make_owners()
    Person.objects.filter(pk=owners.person_id).update(display_name="=HYPERLINK(1)")
    make_usage(owners, cost=Decimal("0.000001"))
    sums.add_new()
    answer = login(make_user()).get(MONEY, {"by": "person", "format": "csv"})
    assert answer["Content-Type"].startswith("text/csv")
    heading, row = csv.reader(io.StringIO(answer.getvalue().decode("utf-8-sig")))
    assert heading == ["person", "answers", "prompt_tokens", "completion_tokens", "cost"]
    assert row == ["'=HYPERLINK(1)", "1", "100", "20", "0.000001"]


def test_the_csv_file_of_many_people_is_read_in_parts() -> None:
    bot, day = make_bot(), usage_report.today()
    people = Person.objects.bulk_create(Person(bot=bot, key=f"k{number}") for number in range(1200))
    PersonDay.objects.bulk_create(
        PersonDay(person=one, bot_id=bot.pk, day=day, calls=1, money=number) for number, one in enumerate(people)
    )
    make_usage(Owners(bot.pk, people[7].pk), cost=Decimal(1))  # not in the sums yet
    make_usage(make_owners(bot, "new"), cost=Decimal(2))
    answer = login(make_user()).get(MONEY, {"by": "person", "format": "csv"})
    assert answer.streaming
    parts = [part.decode() for part in answer.streaming_content]
    assert max(part.count("\r\n") for part in parts) == 500
    _heading, *rows = csv.reader(io.StringIO("".join(parts).removeprefix("\ufeff")))
    assert len(rows) == 1201
    assert sum(int(row[1]) for row in rows) == 1202
    assert {row[0]: row[1] for row in rows}[str(people[7])] == "2"


@pytest.mark.django_db(transaction=True)
async def test_the_csv_file_is_streamed_under_asgi() -> None:
    def prepared() -> dict[str, str]:
        make_usage(make_owners(), cost=Decimal(3))
        client = login(make_user())
        return {name: one.value for name, one in client.cookies.items()}

    client = AsyncClient()
    client.cookies.load(await sync_to_async(prepared)())
    answer = await client.get(MONEY, {"by": "day", "format": "csv"})
    assert answer.is_async
    parts = [part async for part in answer.streaming_content]
    assert parts[0].decode() == "\ufeff"
    assert b",1,100,20,3" in parts[1]


def test_a_report_reads_sums_and_not_turns() -> None:
    owners = make_owners()
    for number in range(3):
        make_usage(owners)
        UsageDay.objects.create(
            day=date(2026, 11, 1) + timedelta(days=number), bot_id=owners.bot_id, provider="p", purpose="turn", calls=9
        )
    sums.add_new()
    with CaptureQueriesContext(connection) as captured:
        report = usage_report.make(frozenset({owners.bot_id}), date(2026, 11, 1), date(2026, 11, 30), "model")
    assert report.total.calls == 27
    assert report.rows[0].name == "p"
    turns = [query["sql"] for query in captured if "bots_turnusage" in query["sql"]]
    assert len(turns) == 1
    assert "NOT" in turns[0]
    assert "summed" in turns[0]


def test_more_people_than_the_page_shows_are_counted() -> None:
    bot = make_bot()
    people = Person.objects.bulk_create(Person(bot=bot, key=f"k{number}") for number in range(120))
    day = usage_report.today()
    PersonDay.objects.bulk_create(PersonDay(person=one, bot_id=bot.pk, day=day, calls=1, money=5) for one in people)
    report = usage_report.make(None, day, day, "person")
    assert (len(report.rows), report.left_out) == (100, 20)


def test_the_command_adds_changes_shows_and_removes(capsys: pytest.CaptureFixture[str]) -> None:
    bot = make_bot()
    call_command("limit", "add", "bot", "--bot", bot.slug, "--tokens", "1000", "--money", "2.5")
    limit = Limit.objects.get()
    make_usage(make_owners(bot), cost=Decimal(2))
    call_command("limit", "set", str(limit.pk), "--tokens", "off", "--messages", "3")
    limit.refresh_from_db()
    assert (limit.tokens_per_day, limit.messages_per_minute) == (None, 3)
    call_command("limit", "show", str(limit.pk))
    call_command("limit", "list")
    said = capsys.readouterr().out
    assert " ".join(said.split()).find("money 2.5 2 0 0") > 0
    with pytest.raises(CommandError):
        call_command("limit", "add", "bot", "--bot", bot.slug, "--tokens", "5")
    with pytest.raises(CommandError):
        call_command("limit", "add", "bot", "--bot", bot.slug, "--tokens", "-5")
    with pytest.raises(CommandError):
        call_command("limit", "add", "person", "--bot", bot.slug, "--name", "nobody", "--tokens", "5")
    with pytest.raises(CommandError):
        call_command("limit", "remove", str(limit.pk))
    call_command("limit", "remove", str(limit.pk), "--yes")
    assert not Limit.objects.exists()


def test_the_api_adds_changes_and_removes_limits_of_managed_bots() -> None:
    mine, other = make_bot(), make_bot()
    client, viewer = member(mine, "manager"), member(mine, "viewer")
    address = "/api/v1/limits/"
    values: dict[str, Any] = {"kind": "person", "bot": mine.pk, "tokens_per_day": 5}
    kind = {"content_type": "application/json"}
    made = client.post(address, values, **kind)
    assert made.status_code == 201
    assert [one["unit"] for one in made.json()["standing"]] == ["tokens"]
    one = f"{address}{made.json()['id']}/"
    assert client.post(address, values, **kind).status_code in (400, 409)
    assert client.post(address, values | {"bot": other.pk}, **kind).status_code in (400, 403, 404)
    assert client.post(address, {"kind": "tenant", "tenant": "a", "tokens_per_day": 5}, **kind).status_code == 403
    assert viewer.patch(one, {"tokens_per_day": 9}, **kind).status_code == 403
    assert client.patch(one, {"tokens_per_day": None, "money_per_month": "1.5"}, **kind).status_code == 200
    assert client.patch(one, {"tokens_per_day": -1}, **kind).status_code == 400
    found = viewer.get(one).json()
    assert (found["tokens_per_day"], found["money_per_month"]) == (None, "1.5000")
    make_limit(None, "tenant", tenant="acme", tokens_per_day=1)
    assert len(viewer.get(address).json()["results"]) == 1
    assert client.delete(one).status_code == 204


def test_doctor_and_dashboard_name_a_limit_that_runs_out() -> None:
    owners = make_owners()
    limit = make_limit(Bot.objects.get(), tokens_per_day=100)
    make_usage(owners)
    spending.changed(limit)
    from bots.limits import ledger

    with pytest.raises(ledger.Full):
        ledger.reserve(rules.of(owners, frozenset({"tokens"})), {"tokens": 5}, 1.0)
    (finding,) = [finding for finding in doctor.examine() if finding.name == "limit"]
    assert "120 % of tokens a day used, 1 calls without room" in finding.text
    assert "Limits nearly used up" in login(make_user()).get("/admin/").content.decode()


def test_known_prices_are_taken_over_and_unknown_ones_are_not() -> None:
    from bots.models import ModelProvider

    paid = ModelProvider.objects.create(name="a", endpoint="https://api.openai.com/v1", model="gpt-4o")
    own = ModelProvider.objects.create(name="b", endpoint="http://127.0.0.1:9/v1", model="my-own-model")
    client = login(make_user())
    page = client.get(MONEY).content.decode()
    assert "2.5 / 10" in page
    assert client.post(MONEY, {"provider": paid.pk}).status_code == 302
    assert client.post(MONEY, {"provider": own.pk}).status_code == 302
    paid.refresh_from_db()
    own.refresh_from_db()
    assert (paid.input_price, paid.output_price) == (Decimal("2.5"), Decimal(10))
    assert own.input_price == 0
    (entry,) = AuditEntry.objects.filter(subject__startswith="bots.modelprovider")
    assert {"input_price", "output_price"} <= set(entry.field_names)
    assert member(make_bot(), "manager").post(MONEY, {"provider": own.pk}).status_code == 403
    with pytest.raises(CommandError):
        call_command("limit", "prices", "--apply", "b")
