"""Routes of the bots app: web chat, webhooks, API, health."""

from django.urls import URLPattern, URLResolver

urlpatterns: list[URLPattern | URLResolver] = []
