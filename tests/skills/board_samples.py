"""Skills that post to a notice board over HTTP, for the running product: their effect is seen from outside."""

from __future__ import annotations

import json
from urllib.request import Request, urlopen

from clawdbot.skills import BaseSkill, Context


class Board(BaseSkill):
    """Posts at once; nobody can tell afterwards whether it did."""

    name = "board"
    description = "Puts a text on the notice board."
    timeout_s = 50.0

    def execute(self, context: Context, text: str) -> str:
        context.progress(f"I am pinning “{text}” up …")
        body = json.dumps({"text": text}).encode()
        headers = {"Content-Type": "application/json", "Idempotency-Key": context.idempotency_key}
        with urlopen(Request(context["config"]["url"], body, headers), timeout=45) as response:
            return f"posted {text} as number {json.load(response)['number']}"


class BoardOnce(Board):
    """The same with a board that knows the key of a post."""

    name = "board_once"
    idempotent = True
