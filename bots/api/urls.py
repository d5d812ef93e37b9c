"""Routes under /api/."""

from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.routers import SimpleRouter

from bots.api.views.bots import BotViewSet, ProviderViewSet
from bots.api.views.channels import ChannelViewSet
from bots.api.views.conversations import ConversationViewSet, MessageViewSet
from bots.api.views.limits import LimitViewSet
from bots.api.views.people import MemoryViewSet, PersonViewSet
from bots.api.views.queues import InboundViewSet, OutboundViewSet
from bots.api.views.retention import RetentionViewSet

router = SimpleRouter()
for name, viewset in (
    ("bots", BotViewSet),
    ("channels", ChannelViewSet),
    ("conversations", ConversationViewSet),
    ("messages", MessageViewSet),
    ("people", PersonViewSet),
    ("memories", MemoryViewSet),
    ("providers", ProviderViewSet),
    ("limits", LimitViewSet),
    ("inbound", InboundViewSet),
    ("outbound", OutboundViewSet),
):
    router.register(name, viewset, basename=f"api-{name}")

urlpatterns: list[URLPattern | URLResolver] = [
    path("v1/", include(router.urls)),
    path("v1/retention/", RetentionViewSet.as_view({"get": "show", "patch": "change"}), name="api-retention"),
    path("schema/", SpectacularAPIView.as_view(), name="api-schema"),
    path("docs/", SpectacularSwaggerSplitView.as_view(url_name="api-schema"), name="api-docs"),
]
