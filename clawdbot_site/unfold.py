"""django-unfold's settings: the look of the admin. Callbacks are dotted paths, because settings load before apps."""

from __future__ import annotations

from typing import Any

from django.templatetags.static import static
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from clawdbot import __version__

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Clawdbot",
    "SITE_HEADER": "Clawdbot",
    "SITE_SUBHEADER": format_lazy("{} · {}", _("Bots that remember"), __version__),
    "SITE_SYMBOL": "smart_toy",
    "SITE_URL": "/",
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("clawdbot_admin/icon.svg")},
    ],
    "SHOW_HISTORY": True,
    "SHOW_LANGUAGES": True,
    "SHOW_VIEW_ON_SITE": False,
    "BORDER_RADIUS": "8px",
    "DASHBOARD_CALLBACK": "bots.admin.home.dashboard.fill",
    "STYLES": [lambda request: static("clawdbot_admin/admin.css")],
    "SCRIPTS": [lambda request: static("clawdbot_admin/admin.js")],
    "COLORS": {
        "primary": {
            "50": "oklch(97% .02 190)",
            "100": "oklch(94% .045 190)",
            "200": "oklch(89% .08 190)",
            "300": "oklch(82% .11 190)",
            "400": "oklch(74% .12 190)",
            "500": "oklch(64% .115 192)",
            "600": "oklch(53% .1 194)",
            "700": "oklch(45% .085 195)",
            "800": "oklch(38% .07 196)",
            "900": "oklch(33% .055 197)",
            "950": "oklch(24% .04 198)",
        },
    },
    "SIDEBAR": {"show_search": True, "navigation": "bots.admin.home.navigation.sidebar"},
}
