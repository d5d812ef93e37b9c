"""WebSocket routes."""

from __future__ import annotations

from django.urls import re_path

from bots.webchat.consumer import ChatConsumer

websocket_urlpatterns = [
    re_path(r"^ws/chat/(?P<slug>[\w-]{1,60})/?$", ChatConsumer.as_asgi()),
]
