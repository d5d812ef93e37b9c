"""Indexes for scopes that are too large to scan: words (FTS5, GIN, FULLTEXT) and vectors (FAISS, pgvector).

The indexes are derived from the rows of `MemoryEntry` and can be rebuilt from them.
"""
