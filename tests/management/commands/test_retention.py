"""`manage.py retention`: it shows, sets and runs; wrong input changes nothing."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from bots.leases import held
from bots.maintenance.retention import running
from bots.maintenance.retention.kinds import KINDS
from bots.models import AuditEntry, InboundEvent, RetentionRule
from tests.maintenance.retention.builders import make_chat, make_inbound

pytestmark = [pytest.mark.django_db, pytest.mark.databases("memory")]


def retention(*arguments: str) -> str:
    out = StringIO()
    call_command("retention", *arguments, stdout=out)
    return out.getvalue()


def rows(*arguments: str) -> dict[str, dict[str, Any]]:
    return {row["kind"]: row for row in json.loads(retention(*arguments, "--json"))}


def test_it_shows_what_goes_and_deletes_nothing() -> None:
    make_inbound(make_chat(), 100)
    found = rows()
    assert list(found) == [kind.key for kind in KINDS]
    assert (found["inbox"]["goes"], found["inbox"]["exact"], found["inbox"]["days"]) == (1, True, 90)
    assert "inbox" in retention("--preview")
    assert InboundEvent.objects.count() == 1


def test_it_runs_one_kind_and_says_who_did_it() -> None:
    make_inbound(make_chat(), 100)
    assert json.loads(retention("--run", "--kind", "outbox", "--json")) == {}
    assert json.loads(retention("--run", "--json")) == {"inbox": 1}
    assert AuditEntry.objects.get(action="purge").actor == AuditEntry.COMMAND
    assert "Nothing is older" in retention("--run")


def test_it_sets_days_and_goes_back_to_the_default() -> None:
    assert rows("--set", "inbox=30", "--set", "audit=0")["inbox"]["days"] == 30
    assert rows("--set", "inbox=default")["inbox"]["days"] == 90
    assert RetentionRule.objects.get(kind="audit").days == 0


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("inbox=7", "at least 8 days"),
        ("inbox", "write KIND=DAYS"),
        ("inbox=-3", "write KIND=DAYS"),
        ("inbox=ten", "write KIND=DAYS"),
        ("letters=30", "There is no kind “letters”"),
    ],
)
def test_wrong_days_change_nothing(value: str, says: str) -> None:
    with pytest.raises(CommandError, match=says):
        retention("--set", "runs=5", "--set", value)
    assert not RetentionRule.objects.exists()


def test_it_says_that_another_process_is_at_it() -> None:
    assert held.take(running.DUTY) is not None
    with pytest.raises(CommandError, match="Another process deletes old rows now"):
        retention("--run")
