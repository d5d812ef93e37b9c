"""Routes of the bots app: web chat, webhooks, API, health."""

from django.urls import URLPattern, URLResolver, path

from bots.views.webhook import WebhookView

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/webhook", WebhookView.as_view(), name="webhook-any"),
    path("api/webhook/", WebhookView.as_view()),
    path("api/webhook/<str:channel_id>", WebhookView.as_view(), name="webhook"),
    path("api/webhook/<str:channel_id>/", WebhookView.as_view()),
]
