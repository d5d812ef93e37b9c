"""Indexes for scopes too large to be scanned row by row: words (FTS5, GIN) and vectors (FAISS, pgvector).

Everything here is derived from the rows of `MemoryEntry` and can be made anew from them.
"""
