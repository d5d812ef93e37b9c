"""Issues and checks one-time codes for pairing and linking.

A stranger shows a pairing code to the operator, who looks it up and admits them. It is stored in plain text, because
the operator's list shows it. A person gets a link code on one platform and types it on another. Anybody could type it,
so only its hash is stored and wrong tries are counted.
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
# Without letters and digits that are easily confused.
_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
# An HMAC salt, not a module path. Never change it: stored hashes were made with it.
_LINK_CODE_SALT = "bots.link_codes"


def normalized(typed: str) -> str:
    """Returns a typed code in the form that is stored or hashed."""
    return typed.strip().upper()


def pairing_code(identity: Identity) -> str:
    """Returns a stranger's pairing code: the valid one, else a new one, which it saves."""
    now = timezone.now()
    if not identity.pairing_code or identity.pairing_expires_at is None or identity.pairing_expires_at <= now:
        identity.pairing_code = _new()
        identity.pairing_expires_at = now + PAIRING_VALID_FOR
        identity.access = Identity.Access.WAITING
        identity.save(update_fields=["pairing_code", "pairing_expires_at", "access"])
    return identity.pairing_code


def issue_link_code(person: Person) -> str:
    """Returns a new link code of this person and voids an earlier one. Stores only its hash."""
    code = _new()
    values = {"code_hash": _hash(person.bot_id, code), "expires_at": timezone.now() + LINK_VALID_FOR}
    LinkCode.objects.update_or_create(person=person, defaults=values)
    return code


def is_locked(person: Person) -> bool:
    """Returns whether this person may not try link codes now."""
    return LinkCode.objects.filter(person=person, locked_until__gt=timezone.now()).exists()


def redeem_link_code(person: Person, typed: str) -> Person | None:
    """Uses up a link code. Returns its owner; None for an invalid code, after counting the try.

    Joins the caller's transaction, so that the code is used up only if its use is committed.
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
