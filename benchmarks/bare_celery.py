"""A Celery task that makes the database writes of a turn and nothing else; the bar of `scale_workers.py`.

Its worker is started with BARE_DATABASE and BARE_REDIS. It commits four times: stored, claimed, answered (message and
answer), sent.
"""

from __future__ import annotations

import os
import threading

import psycopg
from celery import Celery

TEXT = "the words of a message, about as long as those that people write"
SCHEMA = """
DROP TABLE IF EXISTS bare_event, bare_message, bare_sent;
CREATE TABLE bare_event (
    id bigserial PRIMARY KEY, dedupe text UNIQUE, body text, state text, at timestamptz DEFAULT now());
CREATE TABLE bare_message (id bigserial PRIMARY KEY, event bigint, role text, body text, at timestamptz DEFAULT now());
CREATE TABLE bare_sent (id bigserial PRIMARY KEY, message bigint, state text, at timestamptz DEFAULT now());
"""

app = Celery("bare", broker=os.environ.get("BARE_REDIS", "memory://"))
app.conf.task_ignore_result = True
app.conf.task_default_queue = "bare"
app.conf.worker_pool = "threads"
_mine = threading.local()


def _connection() -> psycopg.Connection:
    if not hasattr(_mine, "connection"):
        _mine.connection = psycopg.connect(os.environ["BARE_DATABASE"], autocommit=True)
    found: psycopg.Connection = _mine.connection
    return found


@app.task(name="bare.turn")
def turn(number: int) -> None:
    run = _connection().execute
    row = run("INSERT INTO bare_event (dedupe, body, state) VALUES (%s, %s, 'new') RETURNING id", (str(number), TEXT))
    (event,) = row.fetchone() or (0,)
    run("UPDATE bare_event SET state='claimed' WHERE id=%s AND state='new'", (event,))
    with _connection().transaction():
        run("INSERT INTO bare_message (event, role, body) VALUES (%s, 'user', %s)", (event, TEXT))
        row = run("INSERT INTO bare_message (event, role, body) VALUES (%s, 'bot', %s) RETURNING id", (event, TEXT))
        run("INSERT INTO bare_sent (message, state) VALUES (%s, 'waiting')", row.fetchone())
        run("UPDATE bare_event SET state='done' WHERE id=%s", (event,))
    run("UPDATE bare_sent SET state='sent' WHERE message=(SELECT max(id) FROM bare_message WHERE event=%s)", (event,))
