"""Measures what counting costs a message, and a scrape.

    .venv/bin/python benchmarks/metrics_cost.py

Counts in a new folder as a worker does for one message from webhook to delivery, then scrapes the files of several
processes.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

MESSAGES = 20_000
FILES = 8


def main() -> None:
    with tempfile.TemporaryDirectory() as home:
        os.environ["CLAWDBOT_HOME"] = home
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clawdbot_site.settings")
        import django

        django.setup()
        from bots import metrics
        from bots.metrics import files

        message(metrics)
        began = time.process_time()
        for _ in range(MESSAGES):
            message(metrics)
        per_message = (time.process_time() - began) / MESSAGES
        folder = metrics.directory()
        assert folder is not None
        for file in list(folder.glob("*.db")):
            for number in range(FILES - 1):
                (folder / f"{file.name.partition('_')[0]}_other-{number}.db").write_bytes(file.read_bytes())
        began = time.process_time()
        found = list(files.collect(folder))
        scrape = time.process_time() - began
    result = {"us_per_message": round(per_message * 1e6, 1), "scrape_ms": round(scrape * 1e3, 1), "files": FILES * 2}
    print(f"{result['us_per_message']} µs of CPU for the counts of one message")
    print(f"{result['scrape_ms']} ms of CPU to add up {result['files']} files ({len(found)} metrics)")
    target = Path(__file__).parent / "results" / "metrics_cost.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(result, indent=1))


def message(metrics: object) -> None:
    """Counts what a message counts that a model answers."""
    found: object = metrics
    for name, arguments in CALLS:
        getattr(found, name)(*arguments)


CALLS = (
    ("inbound", ("telegram", "accepted")),
    ("hop", ("helper", "telegram", "received")),
    ("hop", ("helper", "telegram", "stored")),
    ("webhook", ("telegram", 0.004)),
    ("hop", ("helper", "telegram", "claimed")),
    ("waited", ("inbox", "telegram", 0.002)),
    ("recall", (0.012,)),
    ("model", ("main", 0.8, "ok")),
    ("model_tokens", ("main", 300, 60)),
    ("model_first_token", ("main", 0.2)),
    ("turn", (0.9, "ok")),
    ("hop", ("helper", "telegram", "answered")),
    ("answered", ("telegram", 0.9)),
    ("waited", ("outbox", "telegram", 0.001)),
    ("send", ("telegram", "ok", 0.1)),
    ("sent", ("telegram", "sent")),
    ("hop", ("helper", "telegram", "sent")),
    ("delivered", ("telegram", 0.12)),
)

if __name__ == "__main__":
    main()
