from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BotsConfig(AppConfig):
    name = "bots"
    verbose_name = _("Bots")

    def ready(self) -> None:
        """Registers signals, and the model of memory consolidation by dotted path; the first run imports it."""
        from bots.access import role_permissions  # noqa: F401
        from memory.consolidation import llm_port

        llm_port.use("bots.llm.consolidation.writer_for")
