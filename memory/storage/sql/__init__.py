"""The store of SQLite, PostgreSQL and MySQL (`memory.storage.port`)."""

from memory.storage.sql.index_reads import IndexReads
from memory.storage.sql.links import Links
from memory.storage.sql.rows import Rows


class SqlStore(Rows, IndexReads, Links):
    """Implements `memory.storage.port.EntryStore`."""
