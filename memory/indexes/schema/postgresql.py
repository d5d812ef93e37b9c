"""PostgreSQL: a GIN index on tsvectors, a vector table if pgvector is available, and triggers."""

from __future__ import annotations

from typing import Any

from django.db import DatabaseError

from memory import database

# array_to_tsvector takes terms unchanged; to_tsvector would parse them again. Terms of more than 64 bytes are not
# words, and a tsvector is limited to a megabyte.
_FUNCTIONS = """
CREATE TABLE IF NOT EXISTS memory_lexical (
    entry_id bigint PRIMARY KEY, scope_id bigint NOT NULL, terms tsvector NOT NULL
);
CREATE INDEX IF NOT EXISTS memory_lexical_terms ON memory_lexical USING gin (terms) WITH (fastupdate = off);

CREATE OR REPLACE FUNCTION memory_terms(scope_id bigint, tokens text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT array_to_tsvector(COALESCE(array_agg('s' || scope_id || 'x' || term), '{}'))
    FROM (
        SELECT term FROM unnest(string_to_array(tokens, ' ')) WITH ORDINALITY AS said(term, place)
        WHERE term <> '' AND octet_length(term) <= 64 GROUP BY term ORDER BY MIN(place) LIMIT 8000
    ) AS words
$$;

-- A negative id records a deleted vector that may still be in an index file: searches skip it, and a rebuild is due.
CREATE OR REPLACE FUNCTION memory_vector_gone(gone memory_memoryentry) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM memory_vectorchange WHERE entry_id = gone.id;
    INSERT INTO memory_vectorchange (scope_id, entry_id)
    SELECT id, -gone.id FROM memory_largescope
    WHERE person_id = gone.person_id AND bot_id = gone.bot_id AND gone.vector IS NOT NULL AND gone.kind = 'turn';
END
$$;

CREATE OR REPLACE FUNCTION memory_entry_changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    large bigint;
BEGIN
    IF TG_OP = 'DELETE' THEN
        DELETE FROM memory_lexical WHERE entry_id = OLD.id;
        PERFORM memory_vector_gone(OLD);
        {forget_vector}
        RETURN NULL;
    END IF;
    SELECT id INTO large FROM memory_largescope WHERE person_id = NEW.person_id AND bot_id = NEW.bot_id;
    IF TG_OP = 'UPDATE' THEN
        IF (NEW.tokens, NEW.person_id, NEW.bot_id, NEW.kind) IS DISTINCT FROM
           (OLD.tokens, OLD.person_id, OLD.bot_id, OLD.kind) THEN
            DELETE FROM memory_lexical WHERE entry_id = OLD.id;
        END IF;
        IF (NEW.person_id, NEW.bot_id, NEW.kind) IS DISTINCT FROM (OLD.person_id, OLD.bot_id, OLD.kind) THEN
            PERFORM memory_vector_gone(OLD);
        END IF;
        IF (NEW.vector, NEW.person_id, NEW.bot_id) IS DISTINCT FROM (OLD.vector, OLD.person_id, OLD.bot_id) THEN
            {forget_vector}
        END IF;
    END IF;
    IF large IS NULL OR NEW.kind <> 'turn' THEN
        RETURN NULL;
    END IF;
    IF NEW.tokens <> '' THEN
        INSERT INTO memory_lexical (entry_id, scope_id, terms)
        VALUES (NEW.id, large, memory_terms(large, NEW.tokens)) ON CONFLICT (entry_id) DO NOTHING;
    END IF;
    IF NEW.vector IS NOT NULL AND (TG_OP = 'INSERT' OR
        (NEW.vector, NEW.person_id, NEW.bot_id) IS DISTINCT FROM (OLD.vector, OLD.person_id, OLD.bot_id)) THEN
        INSERT INTO memory_vectorchange (scope_id, entry_id) VALUES (large, NEW.id);
    END IF;
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION memory_entries_gone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM memory_lexical;
    DELETE FROM memory_vectorchange;
    {forget_vectors}
    RETURN NULL;
END
$$;

CREATE OR REPLACE TRIGGER memory_entry_written
    AFTER INSERT OR DELETE OR UPDATE OF tokens, vector, person_id, bot_id, kind ON memory_memoryentry
    FOR EACH ROW EXECUTE FUNCTION memory_entry_changed();
CREATE OR REPLACE TRIGGER memory_entries_truncated AFTER TRUNCATE
    ON memory_memoryentry FOR EACH STATEMENT EXECUTE FUNCTION memory_entries_gone();
"""
# The column has no fixed dimension, so it takes vectors of any embedder; memory.indexes.pgvector creates one index per
# dimension.
_VECTORS = """
CREATE TABLE IF NOT EXISTS memory_vector (
    entry_id bigint PRIMARY KEY, scope_id bigint NOT NULL, embedding halfvec NOT NULL
);
CREATE INDEX IF NOT EXISTS memory_vector_scope ON memory_vector (scope_id);
"""


def create(cursor: Any) -> None:
    vectors = _has_pgvector(cursor)
    if vectors:
        cursor.execute(_VECTORS)
    one = "DELETE FROM memory_vector WHERE entry_id = OLD.id;" if vectors else ""
    every = "DELETE FROM memory_vector;" if vectors else ""
    cursor.execute(_FUNCTIONS.replace("{forget_vectors}", every).replace("{forget_vector}", one))


def _has_pgvector(cursor: Any) -> bool:
    """Creates the extension if the server has it and permits it; tells whether it is installed."""
    cursor.execute("SELECT installed_version FROM pg_available_extensions WHERE name = 'vector'")
    found = cursor.fetchone()
    if found is None:
        return False
    if found[0] is None:
        try:
            with database.atomic():
                cursor.execute("CREATE EXTENSION IF NOT EXISTS vector")
        except DatabaseError:  # needs a superuser; `doctor` explains how
            return False
    return True
