"""One-time codes: alphabet, lifetime and stored form."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from django.utils.crypto import salted_hmac

from bots.models import Identity, LinkCode, Person
from bots.people import audit_log, one_time_codes
from tests.builders import make_bot, make_channel

pytestmark = [pytest.mark.django_db, pytest.mark.databases]


@pytest.fixture
def person() -> Person:
    return Person.objects.create(bot=make_bot(), key="telegram:1")


@pytest.fixture
def identity(person: Person) -> Identity:
    return Identity.objects.create(person=person, channel=make_channel(person.bot), external_id="1")


def test_codes_are_eight_signs_that_nobody_takes_for_each_other(person: Person, identity: Identity) -> None:
    link_codes = {one_time_codes.issue_link_code(person) for _ in range(20)}
    assert len(link_codes) == 20
    for code in (*link_codes, one_time_codes.pairing_code(identity)):
        assert re.fullmatch(r"[A-HJ-NP-Z2-9]{8}", code)
        assert one_time_codes.normalized(f"  {code.lower()}\n") == code


def test_a_pairing_code_is_the_same_for_an_hour_and_then_another(identity: Identity) -> None:
    before = timezone.now()
    code = one_time_codes.pairing_code(identity)
    identity.refresh_from_db()
    assert one_time_codes.pairing_code(identity) == identity.pairing_code == code
    assert identity.access == Identity.Access.WAITING
    assert identity.pairing_expires_at is not None
    assert before + timedelta(minutes=59) < identity.pairing_expires_at <= timezone.now() + timedelta(hours=1)
    identity.pairing_expires_at = timezone.now()
    assert one_time_codes.pairing_code(identity) != code


def test_a_new_link_code_ends_the_earlier_one(person: Person) -> None:
    other = Person.objects.create(bot=person.bot, key="slack:2")
    first, second = one_time_codes.issue_link_code(person), one_time_codes.issue_link_code(person)
    assert one_time_codes.redeem_link_code(other, first) is None
    assert one_time_codes.redeem_link_code(other, f" {second.lower()} ") == person
    assert one_time_codes.redeem_link_code(other, second) is None


def test_the_salts_are_those_that_stored_values_were_made_with(person: Person) -> None:
    code = one_time_codes.issue_link_code(person)
    hashed = salted_hmac("bots.link_codes", f"{person.bot_id}:{code}", algorithm="sha256").hexdigest()
    assert LinkCode.objects.get(person=person).code_hash == hashed
    known = salted_hmac("bots.audit", f"{person.bot_id}:{person.key}", algorithm="sha256").hexdigest()
    assert audit_log.pseudonym(person) == known[:32]
