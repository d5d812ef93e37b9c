"""SQLite writers wait in a queue: concurrent threads and processes get no "database is locked"."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection, transaction

from tests.product import Product

ROOT = Path(settings.BASE_DIR)
WRITER = textwrap.dedent(
    """
    import django; django.setup()
    import threading
    from django.db import connection, transaction
    from bots.models import Bot
    def work(number):
        for turn in range(25):
            with transaction.atomic():
                bot = Bot.objects.get(slug="counter")
                bot.max_reply_tokens += 1
                bot.save(update_fields=["max_reply_tokens"])
        connection.close()
    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    [thread.start() for thread in threads]; [thread.join() for thread in threads]
    """
)


def test_threads_of_several_processes_lose_no_update(tmp_path: Path) -> None:
    environment = os.environ | {"CLAWDBOT_HOME": str(tmp_path), "DJANGO_SETTINGS_MODULE": "clawdbot_site.settings"}
    environment.pop("DATABASE_URL", None)

    def manage(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
        )
        return done.stdout

    Product(tmp_path).migrate()
    manage("manage.py", "bot", "add", "counter")
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER], cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    for writer in writers:
        _out, errors = writer.communicate(timeout=280)
        assert writer.returncode == 0, errors
        assert "locked" not in errors
    script = "import django; django.setup(); from bots.models import Bot; print(Bot.objects.get().max_reply_tokens)"
    assert int(manage("-c", script)) == 512 + 2 * 4 * 25


@pytest.mark.skipif(connection.vendor != "sqlite", reason="the queue is SQLite's")
@pytest.mark.django_db(transaction=True)
def test_a_transaction_that_fails_gives_the_lock_back() -> None:
    with pytest.raises(RuntimeError, match="on purpose"), transaction.atomic():
        raise RuntimeError("on purpose")
    done = threading.Event()

    def write() -> None:
        with transaction.atomic():
            done.set()
        connection.close()

    thread = threading.Thread(target=write)
    thread.start()
    thread.join(60)
    assert done.is_set()
