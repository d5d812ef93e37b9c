"""Deletes documents with their copies and every reference to them.

The references go first and the documents last: after a crash at any point the same call still finds what is left.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from memory.models.indexes import LargeScope
from memory.storage.mongo import client

_PART = 500


def remove(ids: Iterable[int]) -> int:
    """Deletes these documents and their copies; returns how many were deleted."""
    ordered = list(ids)
    return sum(_remove(ordered[start : start + _PART]) for start in range(0, len(ordered), _PART))


def _remove(ids: Sequence[int]) -> int:
    copies = [one["id"] for one in client.find({"duplicate_of_id": {"$in": list(ids)}}, ("id",))]
    gone = sum(_remove(copies[start : start + _PART]) for start in range(0, len(copies), _PART)) if copies else 0
    these = {"$in": list(ids)}
    client.update({"sources": these}, {"$pull": {"sources": these}})
    for name in ("superseded_by_id", "similar_to_id"):
        client.update({name: these}, {"$set": {name: None}})
    _note(ids)
    return gone + client.delete({"_id": these})


def _note(ids: Sequence[int]) -> None:
    """Records the deletion of rows of large memories, whose vector index still has them."""
    found = [(one["person_id"], one["bot_id"], one["id"]) for one in client.find({"_id": {"$in": list(ids)}}, _NOTED)]
    people = {person for person, _bot, _pk in found}
    large = set(LargeScope.objects.filter(person__in=people).values_list("person_id", "bot_id")) if people else set()
    noted = [(person, bot, pk) for person, bot, pk in found if (person, bot) in large]
    changes = client.numbers("change", len(noted)) if noted else ()
    client.insert(
        [
            {"person_id": person, "bot_id": bot, "entry_id": pk, "change": change}
            for (person, bot, pk), change in zip(noted, changes, strict=True)
        ],
        client.DELETIONS,
    )


_NOTED = ("person_id", "bot_id", "id")
