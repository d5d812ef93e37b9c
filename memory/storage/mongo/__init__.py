"""The store of MongoDB (`memory.storage.port`). Only memories are there; all other tables are in the main database.

No call spans several documents in one transaction, so that a single server without a replica set will do. Each call
writes in an order that leaves something the same call finds again after a crash.
"""

from memory.storage.mongo.index_reads import IndexReads
from memory.storage.mongo.links import Links
from memory.storage.mongo.rows import Rows


class MongoStore(Rows, IndexReads, Links):
    """Implements `memory.storage.port.EntryStore`."""
