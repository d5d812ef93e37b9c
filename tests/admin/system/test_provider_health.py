"""The health of providers: the column, the page, the API, in figures that several hours and processes sum up."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from bots.models import ModelProvider, ProviderHour
from bots.monitoring import provider_health
from tests.admin.builders import address, login, make_bot, make_provider, make_user
from tests.api.builders import caller_with, superuser

pytestmark = pytest.mark.django_db


def note(provider: ModelProvider, hours_ago: int = 0, **sums: int) -> None:
    hour = (timezone.now() - timedelta(hours=hours_ago)).replace(minute=0, second=0, microsecond=0)
    for name, amount in sums.items():
        name = name.replace("__", ":")
        ProviderHour.objects.create(provider=provider, hour=hour, name=name, amount=amount)


@pytest.fixture
def provider() -> ModelProvider:
    row = make_provider(last_ok_at=timezone.now(), open_until=timezone.now() + timedelta(seconds=90))
    calls = {"calls": 100, "errors": 4, "error__quota": 3, "error__no_connection": 1, "opened": 1}
    tokens = {"prompt": 10_000, "cached": 2500, "completion": 5000, "writing_ms": 100_000}
    note(row, 1, **calls, **tokens, total__20=96, total__26=4, first__10=96)
    note(row, 30, calls=7, total__20=7)
    return row


def page(provider: ModelProvider, query: str = "", language: str = "en") -> str:
    response = login(make_user(f"root{language}{query}"), language).get(
        f"/admin/bots/modelprovider/{provider.pk}/health/{query}"
    )
    assert response.status_code == 200
    return response.content.decode()


def test_percentiles_come_from_the_buckets(provider: ModelProvider) -> None:
    found = provider_health.of_all([provider.pk], timezone.now() - timedelta(hours=24))[provider.pk]
    assert (found.calls, found.error_rate, found.tokens_per_s) == (100, 0.04, 50.0)
    assert found.p50 == pytest.approx(10 * 1.25**19.5, rel=0.01)
    assert found.p99 == pytest.approx(10 * 1.25**25.5, rel=0.01)
    assert found.kinds == (("quota", 3), ("no_connection", 1))
    assert provider_health.of_sums({}).p50 is None


def test_hours_without_a_call_are_there(provider: ModelProvider) -> None:
    found = provider_health.by_time(provider.pk, timezone.now(), steps=24)
    assert len(found) == 24
    assert [health.calls for _hour, health in found[-3:]] == [0, 100, 0]
    assert provider_health.whole(provider.pk, timezone.now(), steps=28, hours=6).calls == 107


def test_the_page_shows_figures_charts_and_reasons(provider: ModelProvider) -> None:
    shown = page(provider)
    for text in ("4.0 %", "50.0 tokens a second", "25 %", "paused for", "<svg", "<polyline", "no connection"):
        assert text in shown, text
    assert "107" in page(provider, "?days=7")
    assert "次调用" in page(provider, "?days=nonsense", "zh-hans") or "调用" in page(provider, "?days=30", "zh-hans")


def test_the_list_shows_the_latest_day_with_one_query(provider: ModelProvider, django_assert_num_queries: Any) -> None:
    client = login(make_user())
    for number in range(3):
        make_provider(f"more{number}")
    shown = client.get(address(ModelProvider, "changelist")).content.decode()
    assert "4.0 % failed" in shown
    assert "no calls" in shown
    assert client.get(address(ModelProvider, "change", provider.pk)).status_code == 200


def test_only_who_may_see_providers_sees_their_health(provider: ModelProvider) -> None:
    stranger = login(make_user("eve", superuser=False))
    assert stranger.get(f"/admin/bots/modelprovider/{provider.pk}/health/").status_code in (302, 403)
    assert login(make_user()).get("/admin/bots/modelprovider/0/health/").status_code == 404
    assert caller_with("manager", make_bot()).get(f"/api/v1/providers/{provider.pk}/health/").status_code == 403


def test_the_api_gives_the_hours_of_a_day(provider: ModelProvider) -> None:
    answer = superuser().get(f"/api/v1/providers/{provider.pk}/health/")
    assert answer.status_code == 200, answer.content
    hours = answer.json()
    assert (len(hours), hours[-2]["calls"], hours[-2]["failed"]) == (24, 100, 4)
