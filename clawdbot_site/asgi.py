"""The ASGI application: webhooks bypass Django's middleware, Django serves other HTTP, Channels serves WebSockets.

Limits of bodies and times apply here, so that they hold under every server.
"""

import os
import sys
from typing import Any

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clawdbot_site.settings")
# Any: the type stubs of Django's ASGI messages are narrower than the specification.
django_application: Any = get_asgi_application()

from channels.auth import AuthMiddlewareStack  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402

from bots.edge.body_limit import BoundedBodies  # noqa: E402
from bots.intake.webhook_asgi import WebhookApplication  # noqa: E402
from bots.webchat.routing import websocket_urlpatterns  # noqa: E402

application = ProtocolTypeRouter(
    {
        "http": BoundedBodies(WebhookApplication(django_application)),
        # The chat tells people of the team, and nobody else, how to connect a model.
        "websocket": AuthMiddlewareStack(URLRouter(websocket_urlpatterns)),
    }
)

# daphne stores a whole body before it calls the application. Other servers do not load daphne.
if "daphne.server" in sys.modules:
    from bots.runtime import bounded_http

    bounded_http.install()
