"""One-time codes: how they look, how long they hold, and what they prove.

A pairing code is shown by a stranger to the operator, who looks it up and lets them in. It is stored as it is, because
the operator's list shows it. A link code is given to a person on one platform and typed on another; whoever types it
is a stranger, so only its hash is stored and wrong tries are counted.
"""

from __future__ import annotations

import secrets
from datetime import timedelta

from django.db.models import F
from django.utils import timezone
from django.utils.crypto import salted_hmac

from bots.models import Identity, LinkCode, Person

LENGTH = 8  # of 32 characters: 40 bits
PAIRING_VALID_FOR = timedelta(hours=1)
LINK_VALID_FOR = timedelta(minutes=10)
TRIES = 5
LOCKED_FOR = timedelta(hours=1)
# Without letters and digits that are taken for each other when somebody reads them out.
_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
# An HMAC salt, not the path of a module. It stays as it is for ever: stored hashes were made with it.
_LINK_CODE_SALT = "bots.link_codes"


def normalized(typed: str) -> str:
    """A code as it is stored or hashed, from what somebody typed."""
    return typed.strip().upper()


def pairing_code(identity: Identity) -> str:
    """The code of a stranger, the same one while it is valid. Writes the row."""
    now = timezone.now()
    if not identity.pairing_code or identity.pairing_expires_at is None or identity.pairing_expires_at <= now:
        identity.pairing_code = _new()
        identity.pairing_expires_at = now + PAIRING_VALID_FOR
        identity.access = Identity.Access.WAITING
        identity.save(update_fields=["pairing_code", "pairing_expires_at", "access"])
    return identity.pairing_code


def issue_link_code(person: Person) -> str:
    """A new code of this person; an earlier one no longer holds. Only its hash is stored."""
    code = _new()
    values = {"code_hash": _hash(person.bot_id, code), "expires_at": timezone.now() + LINK_VALID_FOR}
    LinkCode.objects.update_or_create(person=person, defaults=values)
    return code


def is_locked(person: Person) -> bool:
    """Whether this person may not try link codes now."""
    return LinkCode.objects.filter(person=person, locked_until__gt=timezone.now()).exists()


def redeem_link_code(person: Person, typed: str) -> Person | None:
    """Whose code this is; it holds once. None when it does not hold: then the try is counted.

    Joins the caller's transaction, so that a code is used up only together with what it was used for.
    """
    wanted = _hash(person.bot_id, normalized(typed))
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


def _new() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(LENGTH))


def _hash(bot_id: int, code: str) -> str:
    return salted_hmac(_LINK_CODE_SALT, f"{bot_id}:{code}", algorithm="sha256").hexdigest()
