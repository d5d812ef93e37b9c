"""Routes of the bots app: web chat, webhooks, API, health."""

from django.urls import URLPattern, URLResolver, include, path, re_path

from bots.edge import problems
from bots.files import views
from bots.intake.webhook import AnyWebhookView, WebhookView
from bots.monitoring import health_views, prometheus_view

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("bots.webchat.urls")),
    path("api/webhook", AnyWebhookView.as_view(), name="webhook-any"),
    path("api/webhook/<str:channel_id>", WebhookView.as_view(), name="webhook"),
    # People type a slash at the end, and a redirect would lose the body.
    path("api/webhook/", AnyWebhookView.as_view()),
    path("api/webhook/<str:channel_id>/", WebhookView.as_view()),
    path("api/", include("bots.api.urls")),
    re_path(r"^api/", problems.not_found),
    path("files/<str:token>/<str:name>", views.sent_file, name="sent-file"),
    path("healthz", health_views.healthz),
    path("readyz", health_views.readyz),
    path("metrics", prometheus_view.prometheus),
]
