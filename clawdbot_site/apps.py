"""The wiring as a Django app: it registers system checks and opens SQLite the way workers need it."""

from django.apps import AppConfig


class SiteConfig(AppConfig):
    """Loads the checks of this installation."""

    name = "clawdbot_site"
    label = "clawdbot_site"

    def ready(self) -> None:
        """Registers the checks."""
        from clawdbot_site import checks  # noqa: F401 - importing registers them
