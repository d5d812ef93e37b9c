"""Before a process listens, it has loaded what the first message needs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.product import ROOT, Product

pytestmark = pytest.mark.e2e

# A new process as `serve` makes it; prints the modules that the first webhook imports, and the threads' connections.
SCRIPT = """
import asyncio, json, sys
import django
django.setup()
from celery import current_app
current_app.loader.import_default_modules()
from daphne.server import Server
from bots.models.sql import connections
from bots.runtime import bounded_http, celery_threads, warm_up
from clawdbot_site.asgi import application
from bots.intake import webhook_asgi

opened = []
real = connections.release
connections.release = lambda: (opened.append(1), real())
warm_up.warm_up()
warm_up.warm_up_webhooks(application)
known, message = set(sys.modules), {"message_id": 1, "date": 0, "text": "hi", "chat": {"id": 7, "type": "private"}}
message["from"] = {"id": 7, "is_bot": False, "first_name": "Ann"}
body = json.dumps({"update_id": 1, "message": message}).encode()
headers = [(b"host", b"localhost"), (b"content-type", b"application/json"), (b"content-length", b"%d" % len(body)),
           (b"x-telegram-bot-api-secret-token", b"s")]
path = sys.argv[1]
scope = {"type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "query_string": b"",
         "root_path": "", "scheme": "http", "http_version": "1.1", "headers": headers,
         "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80)}
sent = []

async def receive():
    return {"type": "http.request", "body": body, "more_body": False}

async def send(part):
    sent.append(part)

asyncio.run(application(scope, receive, send))
print(json.dumps({"status": sent[0]["status"], "imported": sorted(set(sys.modules) - known), "threads": len(opened),
                  "openai": "openai" in known}))
"""


def test_the_first_webhook_imports_nothing(tmp_path: Path) -> None:
    product = Product(tmp_path / "home", {"CLAWDBOT_SEMANTIC_SEARCH__ENABLE": "false"})
    product.home.mkdir()
    product.migrate()
    product.manage("bot", "add", "shop")
    values = ("--set", "token=1:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw0", "--set", "secret_token=s")
    path = product.manage_json("channel", "add", "telegram", "--bot", "shop", *values)["webhook_path"]
    product.stop()
    environment = product.environment | {"DJANGO_SETTINGS_MODULE": "clawdbot_site.settings"}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, path], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["status"] == 200, done.stderr
    assert found["openai"]
    assert [name for name in found["imported"] if not name.startswith("encodings.")] == []
    assert found["threads"] >= 2, "each thread has opened its connection"
