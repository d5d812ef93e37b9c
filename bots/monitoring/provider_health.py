"""Reads the figures of providers that `bots.llm.figures` keeps by the hour."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bots.llm.figures import milliseconds
from bots.models import ProviderHour

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Health:
    """The calls of a provider in some time. Percentiles are in milliseconds, None without a call.

    Attributes:
        refused: Calls that the endpoint refused for their content; they are no errors of the provider.
        opened: How often a circuit opened.
        kinds: Failed and refused calls by the code of the reason.
    """

    calls: int = 0
    errors: int = 0
    refused: int = 0
    opened: int = 0
    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    p50: int | None = None
    p99: int | None = None
    first_p50: int | None = None
    first_p99: int | None = None
    tokens_per_s: float | None = None
    kinds: tuple[tuple[str, int], ...] = ()

    @property
    def error_rate(self) -> float:
        """The share of failed calls, 0 to 1."""
        return self.errors / self.calls if self.calls else 0.0


def by_time(provider_id: int, until: datetime, *, steps: int, hours: int = 1) -> list[tuple[datetime, Health]]:
    """Returns the latest steps of so many hours each, also those without a call, the oldest first. Queries: 1."""
    return [(begin, of_sums(sums)) for begin, sums in _sums(provider_id, until, steps, hours)]


def whole(provider_id: int, until: datetime, *, steps: int, hours: int = 1) -> Health:
    """Returns the health over all these steps. Queries: 1."""
    found: Counter[str] = Counter()
    for _begun, sums in _sums(provider_id, until, steps, hours):
        found.update(sums)
    return of_sums(found)


def _sums(provider_id: int, until: datetime, steps: int, hours: int) -> list[tuple[datetime, Counter[str]]]:
    step = HOUR * hours
    begin = _begin(until) + HOUR - step * steps
    found = [(begin + step * number, Counter[str]()) for number in range(steps)]
    rows = ProviderHour.objects.filter(provider=provider_id, hour__gte=begin, hour__lte=until)
    for hour, name, amount in rows.values_list("hour", "name", "amount"):
        found[(hour - begin) // step][1][name] += amount
    return found


def of_all(provider_ids: Iterable[int], since: datetime) -> dict[int, Health]:
    """Returns the health of these providers since then. Queries: 1."""
    sums: defaultdict[int, Counter[str]] = defaultdict(Counter)
    rows = ProviderHour.objects.filter(provider__in=list(provider_ids), hour__gte=_begin(since))
    for provider, name, amount in rows.values_list("provider_id", "name", "amount"):
        sums[provider][name] += amount
    return {provider: of_sums(found) for provider, found in sums.items()}


def of_sums(sums: Mapping[str, int]) -> Health:
    """Returns the health that these sums tell; sums of several hours may be added before."""
    total, first = _buckets(sums, "total:"), _buckets(sums, "first:")
    kinds = Counter({name.removeprefix("error:"): n for name, n in sums.items() if name.startswith("error:")})
    written, writing_ms = sums.get("completion", 0), sums.get("writing_ms", 0)
    return Health(
        calls=sums.get("calls", 0),
        errors=sums.get("errors", 0),
        refused=sums.get("refused", 0),
        opened=sums.get("opened", 0),
        prompt_tokens=sums.get("prompt", 0),
        cached_tokens=sums.get("cached", 0),
        completion_tokens=written,
        p50=_percentile(total, 0.5),
        p99=_percentile(total, 0.99),
        first_p50=_percentile(first, 0.5),
        first_p99=_percentile(first, 0.99),
        tokens_per_s=1000 * written / writing_ms if writing_ms and written else None,
        kinds=tuple(kinds.most_common()),
    )


def _begin(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)


def _buckets(sums: Mapping[str, int], prefix: str) -> list[tuple[int, int]]:
    return sorted((int(name.removeprefix(prefix)), n) for name, n in sums.items() if name.startswith(prefix))


def _percentile(buckets: list[tuple[int, int]], share: float) -> int | None:
    wanted = share * sum(count for _number, count in buckets)
    seen = 0
    for number, count in buckets:
        seen += count
        if seen >= wanted:
            return round(milliseconds(number))
    return None
