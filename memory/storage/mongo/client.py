"""The connection to MongoDB: one client per process, the calls that the store needs, and their errors.

`pymongo` is imported at the first call. Its errors become Django's database errors, which callers handle for every kind
of database. Each call has a total deadline.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from django.conf import settings
from django.db import DataError, IntegrityError, OperationalError

Document = dict[str, Any]
Filter = Mapping[str, Any]
Sort = Sequence[tuple[str, int]]

ENTRIES, DELETIONS, NUMBERS = "memory_entry", "memory_deletion", "memory_number"
DATABASE = "clawdbot"  # when the address names none
# Milliseconds. The options of the address win.
_WAITS = {"timeoutMS": 20_000, "serverSelectionTimeoutMS": 5_000, "connectTimeoutMS": 5_000}

# Scope first: every query of a person's memory reads this person's part of an index. No index has `_id` in it, because
# some compatible servers refuse that; `id` has the same number.
_SCOPE = ("person_id", "bot_id")
_INDEXES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("scope_state", (*_SCOPE, "kind", "id", "stamp")),
    ("scope_time", (*_SCOPE, "kind", "occurred_at", "id")),
    ("scope_content", (*_SCOPE, "content_hash")),
    ("scope_words", (*_SCOPE, "keys")),
    ("scope_change", (*_SCOPE, "change")),
    ("bot_recent", ("bot_id", "occurred_at", "id")),
    ("by_embedder", ("duplicate_of_id", "embedder", "id")),
    ("by_source", ("sources",)),
    ("by_successor", ("superseded_by_id",)),
    ("by_similar", ("similar_to_id",)),
    ("by_conversation", ("conversation_id",)),
    ("by_message", ("message_id",)),
    ("by_origin", ("origin_id",)),
    ("pinned", ("pinned", "duplicate_of_id")),
)

_lock = threading.Lock()
# By process: a forked child must not use the sockets of its parent.
_databases: dict[tuple[int, str], Any] = {}


def database() -> Any:
    """Returns the database of this process; makes its indexes at the first call."""
    key = (os.getpid(), settings.MEMORY_MONGODB)
    if (held := _databases.get(key)) is not None:
        return held
    with _lock:
        if key not in _databases:
            _databases[key] = _connected(key[1])
        return _databases[key]


def clear_cache() -> None:
    """Closes the connections of this process; the next call opens new ones."""
    with _lock:
        for (process, _url), held in list(_databases.items()):
            if process == os.getpid():
                held.client.close()
        _databases.clear()


def _connected(url: str) -> Any:
    pymongo: Any = import_module("pymongo")
    with failures():
        known = {name.lower() for name, _value in parse_qsl(urlsplit(url).query, keep_blank_values=True)}
        waits = {name: value for name, value in _WAITS.items() if name.lower() not in known}
        client = pymongo.MongoClient(url, appname="clawdbot", **waits)
        # Caches compare states and an erasure is proved by reading, so both must see the latest write; and what is
        # acknowledged survives a change of the primary.
        found = client.get_default_database(DATABASE).with_options(
            read_preference=pymongo.ReadPreference.PRIMARY, write_concern=pymongo.WriteConcern("majority")
        )
        try:
            _make_indexes(found)
        except BaseException:
            client.close()  # else its threads go on, one set for each attempt
            raise
    return found


def _make_indexes(found: Any) -> None:
    entries = found[ENTRIES]
    for name, fields in _INDEXES:
        entries.create_index([(field, 1) for field in fields], name=name)
    # importing a file twice stores it once; rows without an external id never collide
    entries.create_index(
        [(field, 1) for field in (*_SCOPE, "external_id")],
        name="scope_external",
        unique=True,
        partialFilterExpression={"external_id": {"$type": "string"}},
    )
    found[DELETIONS].create_index([(field, 1) for field in (*_SCOPE, "change")], name="scope_change")


@contextmanager
def failures() -> Iterator[None]:
    """Turns errors of pymongo into Django's: OperationalError, IntegrityError (a known external id) or DataError."""
    pymongo: Any = import_module("pymongo.errors")
    bson: Any = import_module("bson.errors")
    try:
        yield
    except (pymongo.DocumentTooLarge, bson.BSONError, OverflowError, UnicodeError) as error:
        raise DataError(f"MongoDB cannot store this: {error}") from error
    except pymongo.DuplicateKeyError as error:
        raise IntegrityError(f"MongoDB: {error}") from error
    except pymongo.BulkWriteError as error:
        codes = {item.get("code") for item in error.details.get("writeErrors", ())}
        raise (IntegrityError if codes == {11000} else OperationalError)(f"MongoDB: {error}") from error
    except pymongo.PyMongoError as error:
        raise OperationalError(f"MongoDB: {error}") from error


def ping() -> str:
    """Asks the server for its version; raises OperationalError when it does not answer."""
    with failures():
        found = database().client.server_info()
    return str(found.get("version", ""))


def numbers(name: str, count: int) -> range:
    """Returns `count` new numbers of a sequence; no process gets the same ones."""
    try:
        row = _advanced(name, count)
    except IntegrityError:  # another process made the sequence at the same moment
        row = _advanced(name, count)
    return range(row["last"] - count + 1, row["last"] + 1)


def _advanced(name: str, count: int) -> Document:
    pymongo: Any = import_module("pymongo")
    with failures():
        row: Document = database()[NUMBERS].find_one_and_update(
            {"_id": name}, {"$inc": {"last": count}}, upsert=True, return_document=pymongo.ReturnDocument.AFTER
        )
    return row


def last_number(name: str) -> int:
    """Returns the latest number of a sequence; 0 when none was given out."""
    with failures():
        row = database()[NUMBERS].find_one({"_id": name})
    return int(row["last"]) if row else 0


def find(
    where: Filter, fields: Sequence[str], sort: Sort = (), limit: int = 0, skip: int = 0, name: str = ENTRIES
) -> Iterator[Document]:
    """Yields documents with these fields. limit: 0 means all."""
    with failures():
        found = database()[name].find(where, dict.fromkeys(fields, 1), sort=list(sort), limit=limit, skip=skip)
        yield from found


def count(where: Filter, limit: int = 0, name: str = ENTRIES) -> int:
    """Counts documents, at most `limit` of them unless it is 0."""
    with failures():
        return int(database()[name].count_documents(where, **({"limit": limit} if limit else {})))


def aggregate(steps: Sequence[Mapping[str, Any]]) -> list[Document]:
    with failures():
        return list(database()[ENTRIES].aggregate(list(steps)))


def insert(documents: Sequence[Document], name: str = ENTRIES) -> None:
    """Inserts in order; stops at the first failure."""
    if documents:
        with failures():
            database()[name].insert_many(documents, ordered=True)


def update(where: Filter, change: Mapping[str, Any]) -> int:
    """Updates documents; returns how many matched."""
    with failures():
        return int(database()[ENTRIES].update_many(where, change).matched_count)


def update_each(changes: Sequence[tuple[Filter, Mapping[str, Any]]]) -> int:
    """Updates one document per pair (filter, change) in one request; returns how many matched."""
    if not changes:
        return 0
    pymongo: Any = import_module("pymongo")
    with failures():
        requests = [pymongo.UpdateOne(where, change) for where, change in changes]
        return int(database()[ENTRIES].bulk_write(requests, ordered=False).matched_count)


def delete(where: Filter, name: str = ENTRIES) -> int:
    with failures():
        return int(database()[name].delete_many(where).deleted_count)
