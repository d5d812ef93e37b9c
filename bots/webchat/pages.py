"""The HTTP views of the web chat: the page, the embed script, and the visitor's memories."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from bots.models import Bot
from bots.operations import web_channels, web_chat, web_memories
from bots.webchat import page_texts, visitor_tokens
from bots.webchat.errors import error_text, language_of
from bots.webchat.origin import clean_origins

VISITOR_HEADER = "X-Visitor-Token"


@require_safe
@xframe_options_exempt  # frame-ancestors of the Content-Security-Policy decides; every current browser supports it
def chat_home(request: HttpRequest) -> HttpResponse:
    """Serves `/`: the default bot, or a page that explains how to add the first one."""
    return _page(request, web_channels.find_bot(None))


@require_safe
@xframe_options_exempt
def chat_page(request: HttpRequest, slug: str) -> HttpResponse:
    """Serves `/chat/<slug>/`; `?embed` selects the narrow layout for a frame on another site."""
    return _page(request, web_channels.find_bot(slug))


def _page(request: HttpRequest, bot: Bot | None) -> HttpResponse:
    status = 200 if bot else 404
    context: dict[str, Any] = {"bot": bot, "embed": "embed" in request.GET}
    if bot:
        context |= {"config": _config(bot), "texts": page_texts.of_page()}
    response = render(request, "chat/page.html" if bot else "chat/none.html", context, status=status)
    response["Content-Security-Policy"] = _policy(request, clean_origins(bot.allowed_origins) if bot else ())
    response["Referrer-Policy"] = "same-origin"
    response["Cache-Control"] = "no-cache"
    return response


def _config(bot: Bot) -> dict[str, Any]:
    return {
        "slug": bot.slug,
        "name": bot.name,
        "description": bot.description,
        "greeting": bot.greeting,
        "limit": settings.CLAWDBOT.web_chat.text_characters,
        "listens": web_chat.can_listen(),
    }


def _policy(request: HttpRequest, embedders: tuple[str, ...]) -> str:
    host = request.get_host()
    socket = f"{'wss' if request.is_secure() else 'ws'}://{host}"  # in older Safari 'self' does not include sockets
    rules = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' data:",
        "media-src": "'self'",
        "font-src": "'self'",
        "connect-src": f"'self' {socket}",
        "manifest-src": "'self'",
        "frame-ancestors": " ".join(("'self'", *embedders)),
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


@require_safe
def chat_embed_js(request: HttpRequest, slug: str) -> HttpResponse:
    """Serves `/chat/<slug>/embed.js`: a script tag with it adds a chat button to another site."""
    bot = web_channels.find_bot(slug)
    if bot is None:
        return HttpResponse("/* no such bot */", status=404, content_type="text/javascript; charset=utf-8")
    address = request.build_absolute_uri(reverse("chat-embed", args=(bot.slug,)))
    values = {"slug": bot.slug, "script": address, "texts": page_texts.of_button(bot.name)}
    as_javascript = json.dumps(values).replace("<", "\\u003c")
    response = render(request, "chat/embed.js", {"bot": as_javascript}, content_type="text/javascript; charset=utf-8")
    response["Cache-Control"] = "public, max-age=300"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    response["Access-Control-Allow-Origin"] = "*"  # browsers load modules and scripts with a hash this way only
    return response


@csrf_exempt  # uses no cookie: the visitor token comes in a header that only our page can set
@require_http_methods(["GET", "DELETE"])
def chat_memories(request: HttpRequest, slug: str, memory_id: int | None = None) -> JsonResponse:
    """Serves `/chat/<slug>/memories[/<id>]`: GET lists memories, DELETE erases one or, without an id, all.

    The header X-Visitor-Token holds the visitor token. GET takes `offset`, the number of entries to skip.
    """
    language = language_of(request.headers.get("accept-language", ""))
    bot = web_channels.find_bot(slug)
    visitor = visitor_tokens.read(request.headers.get(VISITOR_HEADER, ""), bot.pk) if bot else None
    if bot is None or visitor is None:
        return _problem("not_found" if bot is None else "forbidden", 404 if bot is None else 403, language)
    channel = web_channels.ensure_web_channel(bot)
    if request.method == "GET":
        offset = request.GET.get("offset", "0")
        page = web_memories.list_memories(channel, visitor.id, offset=int(offset) if offset.isdecimal() else 0)
        return _private({"memories": page.memories, "total": page.total, "more": page.more})
    forgotten = web_memories.erase(channel, visitor.id, memory_id)
    if memory_id is not None and not forgotten:
        return _problem("not_found", 404, language)
    return _private({"forgotten": forgotten})


def _private(values: dict[str, Any]) -> JsonResponse:
    response = JsonResponse(values)
    response["Cache-Control"] = "no-store"
    return response


def _problem(code: str, status: int, language: Any) -> JsonResponse:
    return JsonResponse({"code": code, "text": error_text(code, language)}, status=status)
