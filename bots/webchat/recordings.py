"""Takes the recordings that visitors make on the chat page."""

from __future__ import annotations

import logging
import math
import re
import secrets

from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from adapters.web.events import WebFacts
from bots.channels.web import broadcast
from bots.edge.peer import peer_address
from bots.operations import web_channels, web_chat
from bots.webchat import rate_limits, visitor_tokens
from bots.webchat.errors import error_text, language_of
from bots.webchat.pages import VISITOR_HEADER

logger = logging.getLogger(__name__)

_CLIENT_ID = re.compile(r"[!-~]{1,64}")
_TIME_ZONE = re.compile(r"[A-Za-z0-9_+/-]{1,64}")
_LANGUAGE = re.compile(r"[A-Za-z0-9-]{1,16}")


@csrf_exempt  # uses the cookie for nothing that writes: the visitor token comes in a header that only our page can set
@require_POST
def chat_recordings(request: HttpRequest, slug: str) -> JsonResponse:
    """Serves POST `/chat/<slug>/recordings?client_id=…`: the body is a recording, which becomes a message.

    The header X-Visitor-Token holds the visitor token. The answer to the message comes through the socket.
    """
    lang = request.GET.get("lang", "")
    language = language_of(lang, request.headers.get("accept-language", ""))
    bot = web_channels.find_bot(slug)
    visitor = visitor_tokens.read(request.headers.get(VISITOR_HEADER, ""), bot.pk) if bot else None
    if bot is None or visitor is None:
        code, status = ("not_found", 404) if bot is None else ("forbidden", 403)
        return _problem(error_text(code, language), code, status)
    channel = web_channels.ensure_web_channel(bot)
    if not bot.enabled or not channel.enabled:
        return _problem(error_text("bot_disabled", language), "bot_disabled", 403)
    client_id = request.GET.get("client_id", "")
    if not _CLIENT_ID.fullmatch(client_id):
        return _problem(error_text("bad_message", language), "bad_message", 400)
    address = peer_address(
        (request.META.get("REMOTE_ADDR", ""), 0),
        {name.lower(): value for name, value in request.headers.items()},
        settings.CLAWDBOT.web_chat.trusted_proxies,
    )
    if wait := rate_limits.message_wait_s(visitor.id, address):
        return _problem(error_text("rate_limited", language, seconds=math.ceil(wait)), "rate_limited", 429)
    zone = request.GET.get("tz", "")
    user = getattr(request, "user", None)
    facts = WebFacts(
        client_id,
        lang if _LANGUAGE.fullmatch(lang) else "",
        zone if _TIME_ZONE.fullmatch(zone) else "",
        bool(user and user.is_active and user.is_staff),
    )
    told = request.headers.get("content-type", "")
    stored = web_chat.accept_recording(channel, visitor.id, request.body, told, facts, secrets.token_hex(8))
    if stored is None:
        return _problem(error_text("no_recording", language), "no_recording", 415)
    if not stored.duplicate:
        _echo(channel.pk, visitor.id, client_id)
    return JsonResponse({"client_id": client_id, "duplicate": stored.duplicate}, status=202)


def _echo(channel_id: int, visitor_id: str, client_id: str) -> None:
    try:
        broadcast.echo(channel_id, visitor_id, client_id, web_chat.RECORDING)
    except Exception as error:  # the channel layer may be a Redis that is away; the page gets the answer by its history
        logger.warning("a recording is not shown: %s", type(error).__name__)


def _problem(text: str, code: str, status: int) -> JsonResponse:
    return JsonResponse({"code": code, "text": text}, status=status)
