"""The Django app of `clawdbot_site`: registers its system checks."""

from django.apps import AppConfig


class SiteConfig(AppConfig):
    """App configuration of `clawdbot_site`."""

    name = "clawdbot_site"
    label = "clawdbot_site"

    def ready(self) -> None:
        """Registers the system checks."""
        from clawdbot_site import checks  # noqa: F401 - importing registers them
