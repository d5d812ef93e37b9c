"""Routes of the web chat's pages."""

from __future__ import annotations

from django.urls import path

from bots.webchat import pages, recordings

urlpatterns = [
    path("", pages.chat_home, name="chat-home"),
    path("chat/<slug:slug>/", pages.chat_page, name="chat-page"),
    path("chat/<slug:slug>/embed.js", pages.chat_embed_js, name="chat-embed"),
    path("chat/<slug:slug>/recordings", recordings.chat_recordings, name="chat-recordings"),
    path("chat/<slug:slug>/memories", pages.chat_memories, name="chat-memories"),
    path("chat/<slug:slug>/memories/<int:memory_id>", pages.chat_memories, name="chat-memory"),
]
