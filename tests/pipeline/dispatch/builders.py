"""Sends signed deliveries of any platform through the product's webhook, and takes their turns."""

from __future__ import annotations

import json
import time
from typing import Any
from urllib.parse import urlencode

from django.test import Client

from bots.models import Channel, InboundEvent
from bots.pipeline.dispatch.dispatcher import MessageDispatcher
from tests.adapters.contract import CASES
from tests.builders import make_bot, make_channel
from tests.peers import StubModel


def connect(platform: str, url: str, **account: Any) -> Channel:
    """Makes a channel whose platform API is at `url`."""
    case = CASES[platform]
    held = [case.configured(case.secrets[0])]
    values = {**case.account, case.secret_key: held, "base_url": url, **account}
    if platform == "webhook":
        values["reply_url"] = url
    return make_channel(make_bot(name="Robin"), platform=platform, credentials=values)


def post(channel: Channel, payload: Any) -> list[InboundEvent]:
    """Posts one signed delivery and takes its turns. Returns the rows."""
    case = CASES[channel.platform]
    body = payload if isinstance(payload, bytes) else case.encode(payload)
    request = case.genuine(body, at=time.time())
    query = f"?{urlencode(request.query)}" if request.query else ""
    kind = request.headers.get("Content-Type", "application/json")
    before = set(InboundEvent.objects.values_list("pk", flat=True))
    response = Client().generic(
        request.method,
        f"/api/webhook/{channel.public_id}{query}",
        request.body,
        content_type=kind,
        headers=dict(request.headers),
    )
    assert 200 <= response.status_code < 300, response.content
    rows = InboundEvent.objects.exclude(pk__in=before).order_by("pk")
    for row in rows:
        MessageDispatcher().process(row.pk)
    return list(rows.all())


def asked(model: StubModel) -> str:
    """Returns the last message of the latest prompt, as the model endpoint received it."""
    content = model.prompts[-1][-1]["content"]
    return content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
