"""Routes of the web chat's pages."""

from __future__ import annotations

from django.urls import path

from bots.views import chat

urlpatterns = [
    path("", chat.chat_home, name="chat-home"),
    path("chat/<slug:slug>/", chat.chat_page, name="chat-page"),
    path("chat/<slug:slug>/embed.js", chat.chat_embed_js, name="chat-embed"),
    path("chat/<slug:slug>/memories", chat.chat_memories, name="chat-memories"),
    path("chat/<slug:slug>/memories/<int:memory_id>", chat.chat_memories, name="chat-memory"),
]
