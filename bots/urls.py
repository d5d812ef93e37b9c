"""Routes of the bots app: web chat, webhooks, API, health."""

from django.urls import URLPattern, URLResolver, include, path, re_path

from bots import problems
from bots.views import files, health, metrics
from bots.views.webhook import AnyWebhookView, WebhookView

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("bots.views.chat_urls")),
    path("api/webhook", AnyWebhookView.as_view(), name="webhook-any"),
    path("api/webhook/<str:channel_id>", WebhookView.as_view(), name="webhook"),
    # People type a slash at the end, and a redirect would lose the body.
    path("api/webhook/", AnyWebhookView.as_view()),
    path("api/webhook/<str:channel_id>/", WebhookView.as_view()),
    path("api/", include("bots.api.urls")),
    re_path(r"^api/", problems.not_found),
    path("files/<str:token>/<str:name>", files.sent_file, name="sent-file"),
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("metrics", metrics.prometheus),
]
