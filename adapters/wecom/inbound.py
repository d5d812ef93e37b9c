"""Verifies, decrypts and converts WeCom's callbacks to events. An application sends XML, a robot JSON."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from adapters.errors import AdapterError, MalformedPayload, SignatureRejected
from adapters.events import EventKind, HttpReply, Received, WebhookRequest
from adapters.payload import as_text, parse_object
from adapters.wecom import aibot, app, envelope, xml
from adapters.wecom.account import WeComAccount
from clawdbot.reasons import Reason

Render = Callable[[str], str]
"""Renders neutral markdown within WeCom's limit."""


def receive(account: WeComAccount, request: WebhookRequest, now: float, render: Render) -> Received:
    """Reads one callback.

    Raises:
        SignatureRejected: The callback is not verified.
        MalformedPayload: The callback is genuine, but cannot be parsed.
        AdapterError: The method is neither GET nor POST.
    """
    method = request.method.upper()
    if method not in ("GET", "POST"):
        raise AdapterError(Reason("only_get_and_post"), status=405)
    if not (account.token and account.encoding_aes_key):
        raise SignatureRejected(Reason("token_and_key_not_configured"), status=403)
    if method == "GET":
        # An unescaped "+" arrives as a space.
        opened = _open(account, request.query, request.query.get("echostr", "").replace(" ", "+"))
        return Received(reply=HttpReply(body=opened.content))
    if request.body.lstrip()[:1] == b"{":
        return _from_robot(account, request, now, render)
    return _from_application(account, request)


def _open(account: WeComAccount, query: Mapping[str, str], encrypted: str) -> envelope.Opened:
    return envelope.open_request(account.token, account.encoding_aes_key, query, encrypted, account.receiver)


def _outer(parse: Callable[[bytes], dict[str, Any]], body: bytes) -> dict[str, Any]:
    # Only the envelope is parsed here; when that fails, nothing can be verified.
    with contextlib.suppress(MalformedPayload):
        return parse(body)
    raise SignatureRejected(Reason("no_encrypted_text"), status=403)


def _from_application(account: WeComAccount, request: WebhookRequest) -> Received:
    outer = _outer(xml.parse, request.body)
    content = xml.parse(_open(account, request.query, as_text(outer, "Encrypt").strip()).content)
    # The signature covers only Encrypt, not the other fields.
    for name, inside in (("ToUserName", account.receiver), ("AgentID", as_text(content, "AgentID"))):
        if as_text(outer, name) and inside and as_text(outer, name) != inside:
            raise SignatureRejected(Reason("not_that_of_encrypted", name=name), status=403)
    event = app.event_of(content)
    if account.agent_id and as_text(content, "AgentID") not in ("", account.agent_id):
        event = replace(event, kind=EventKind.IGNORED, change="other_agent")
    return Received((event,))


def _from_robot(account: WeComAccount, request: WebhookRequest, now: float, render: Render) -> Received:
    opened = _open(account, request.query, as_text(_outer(parse_object, request.body), "encrypt"))
    content = parse_object(opened.content)
    streams = account.streams
    stream = aibot.stream_asked_for(content)
    if stream:
        text, finished = (streams.read(stream) if streams else None) or ("", False)
        reply = aibot.stream_reply(stream, render(text), finished or not aibot.stream_alive(stream, now))
        return Received((), _sealed(account, opened, reply, request, now))
    event = aibot.event_of(content, account.bot_name)
    if streams is None or event.kind is not EventKind.MESSAGE or not event.message_id:
        return Received((event,))
    stream = aibot.stream_id(event.message_id, now)
    beginning = aibot.stream_reply(stream, "", finished=False)
    return Received((replace(event, reply_token=stream),), _sealed(account, opened, beginning, request, now))


def _sealed(
    account: WeComAccount, opened: envelope.Opened, reply: Mapping[str, Any], request: WebhookRequest, now: float
) -> HttpReply:
    body = envelope.sealed(opened, reply, account.receiver, request.query["nonce"], now)
    return HttpReply(body=body, content_type="application/json")
