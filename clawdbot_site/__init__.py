"""Wires the product together: settings, URLs, ASGI, Celery, configuration loading, system checks."""

from clawdbot_site.celery import app as celery_app

__all__ = ["celery_app"]
