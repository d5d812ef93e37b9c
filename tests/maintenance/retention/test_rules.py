"""The days of a kind: bad ones are refused as a whole, good ones are noted in the audit log."""

from __future__ import annotations

import pytest

from bots.maintenance.retention import rules
from bots.maintenance.retention.errors import RetentionError
from bots.maintenance.retention.kinds import KINDS
from bots.models import AuditEntry, RetentionRule

pytestmark = [pytest.mark.django_db, pytest.mark.databases]


def test_without_rules_the_defaults_hold() -> None:
    assert rules.days_by_kind() == {kind.key: kind.default for kind in KINDS}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.key)
def test_the_fewest_days_are_allowed_and_one_less_is_not(kind: rules.Kind) -> None:
    rules.save({kind.key: kind.least}, "ada")
    assert rules.days_by_kind()[kind.key] == kind.least
    if kind.least > 1:
        with pytest.raises(RetentionError, match=f"at least {kind.least} days"):
            rules.save({kind.key: kind.least - 1}, "ada")
    assert rules.days_by_kind()[kind.key] == kind.least


@pytest.mark.parametrize(
    ("wrong", "says"),
    [({"inbox": -1}, "at least 8"), ({"inbox": 36_501}, "at most 36500"), ({"inbocks": 30}, "no kind “inbocks”")],
)
def test_one_wrong_number_changes_nothing(wrong: dict[str, int], says: str) -> None:
    with pytest.raises(RetentionError, match=says):
        rules.save({"runs": 5} | wrong, "ada")
    assert not RetentionRule.objects.exists()
    assert not AuditEntry.objects.exists()


def test_a_change_is_noted_and_the_same_again_is_not() -> None:
    assert rules.save({"inbox": 30, "runs": 5}, "ada") == ["inbox", "runs"]
    assert rules.save({"inbox": 30, "runs": None}, "ada") == ["runs"]
    noted = AuditEntry.objects.order_by("pk").values_list("actor", "action", "subject")
    assert list(noted) == [("ada", "changed", f"retention.{key}") for key in ("inbox", "runs", "runs")]


def test_every_default_is_allowed() -> None:
    for kind in KINDS:
        assert rules.check(kind, kind.default) == kind.default
