"""The report by person shows those who cost most, with usage that no sum has yet, and counts the others."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bots.limits import sums
from bots.limits.rules import Owners
from bots.models import Bot, Person, PersonDay, TurnUsage
from bots.operations import usage_report
from tests.builders import make_bot
from tests.limits.builders import make_usage

pytestmark = [pytest.mark.django_db, pytest.mark.databases]


def make_people(bot: Bot, count: int) -> list[Person]:
    return Person.objects.bulk_create(
        Person(bot=bot, key=f"k{bot.pk}.{number}", display_name=f"N{number:03}") for number in range(count)
    )


def use(person: Person, money: int = 0, tokens: int = 0, days_ago: int = 0) -> None:
    day = usage_report.today() - timedelta(days=days_ago)
    PersonDay.objects.create(person=person, bot_id=person.bot_id, day=day, calls=1, money=money, prompt_tokens=tokens)


def report(bots: frozenset[int] | None = None) -> usage_report.Report:
    today = usage_report.today()
    return usage_report.make(bots, today - timedelta(days=10), today, "person")


def test_the_dearest_stand_first_then_those_with_most_tokens() -> None:
    ada, ben, cleo, dan = make_people(make_bot(), 4)
    use(ada, money=5)
    use(ada, money=4, days_ago=3)
    use(ben, money=8)
    use(cleo, tokens=10)
    use(dan, tokens=20)
    assert [row.name for row in report().rows] == ["N000", "N001", "N003", "N002"]


def test_usage_that_is_in_no_sum_yet_changes_the_order_and_the_count() -> None:
    bot = make_bot()
    people = make_people(bot, usage_report.SHOWN + 5)
    for number, person in enumerate(people[:-1]):
        use(person, money=1000 - number)
    lowest, without_sum = people[-2], people[-1]
    for person in (lowest, without_sum):
        make_usage(Owners(bot.pk, person.pk), cost=Decimal("0.5"))
    TurnUsage.objects.create(bot=bot, provider="p", model="m", purpose="replay", cost=Decimal(9))
    found = report()
    assert {row.name for row in found.rows[:2]} == {lowest.display_name, without_sum.display_name}
    assert found.rows[2].name == "N000"
    assert (len(found.rows), found.left_out) == (usage_report.SHOWN, 5)
    sums.add_new()
    assert {row.name for row in report().rows} == {row.name for row in found.rows}
    assert report().left_out == 5


def test_people_of_other_bots_are_left_out_and_of_all_bots_are_shown() -> None:
    mine, other = make_bot(), make_bot()
    use(*make_people(mine, 1), money=1)
    use(*make_people(other, 1), money=2)
    assert len(report(frozenset({mine.pk})).rows) == 1
    assert len(report().rows) == 2
    assert report(frozenset()).rows == ()


def test_the_database_hands_over_only_the_people_that_are_shown() -> None:
    bot = make_bot()
    for person in make_people(bot, 130):
        use(person, money=1)
    with CaptureQueriesContext(connection) as captured:
        assert report().left_out == 30
    of_people = [query["sql"] for query in captured if "bots_personday" in query["sql"]]
    assert len(of_people) == 1
    assert "LIMIT 100" in of_people[0]
