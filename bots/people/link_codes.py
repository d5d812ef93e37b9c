"""One-time codes: a person asks for one on the first platform and types it on the second."""

from __future__ import annotations

import secrets
from datetime import timedelta

from django.db.models import F
from django.utils import timezone
from django.utils.crypto import salted_hmac

from bots.models import LinkCode, Person

VALID_FOR = timedelta(minutes=10)
LENGTH = 8
TRIES = 5
LOCKED_FOR = timedelta(hours=1)
# Without letters and digits that are taken for each other when somebody reads them out.
_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


def issue(person: Person) -> str:
    """A new code of this person; an earlier one no longer holds. Only its hash is stored."""
    code = "".join(secrets.choice(_ALPHABET) for _i in range(LENGTH))
    values = {"code_hash": _hash(person.bot_id, code), "expires_at": timezone.now() + VALID_FOR}
    LinkCode.objects.update_or_create(person=person, defaults=values)
    return code


def is_locked(person: Person) -> bool:
    """Whether this person may not try codes now."""
    return LinkCode.objects.filter(person=person, locked_until__gt=timezone.now()).exists()


def redeem(person: Person, code: str) -> Person | None:
    """Whose code this is; it holds once. None when it does not hold: then the try is counted.

    Joins the caller's transaction, so that a code is used up only together with what it was used for.
    """
    wanted = _hash(person.bot_id, code.strip().upper())
    rows = LinkCode.objects.select_for_update().filter(
        code_hash=wanted, person__bot=person.bot_id, expires_at__gt=timezone.now()
    )
    found = rows.first()
    if found is None:
        _count_try(person)
        return None
    LinkCode.objects.filter(pk=found.pk).update(code_hash="", expires_at=None)
    LinkCode.objects.filter(person=person).update(tries=0, locked_until=None)
    return Person.objects.select_related("bot").get(pk=found.person_id)


def _count_try(person: Person) -> None:
    row, _made = LinkCode.objects.get_or_create(person=person)
    LinkCode.objects.filter(pk=row.pk).update(tries=F("tries") + 1)
    LinkCode.objects.filter(pk=row.pk, tries__gte=TRIES).update(tries=0, locked_until=timezone.now() + LOCKED_FOR)


def _hash(bot_id: int, code: str) -> str:
    return salted_hmac("bots.link_codes", f"{bot_id}:{code}", algorithm="sha256").hexdigest()
