from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BotsConfig(AppConfig):
    name = "bots"
    verbose_name = _("Bots")

    def ready(self) -> None:
        """Tells the memory where it finds a model; imported when the first run asks."""
        from memory.consolidation import llm_port

        llm_port.use("bots.llm.consolidation.writer_for")
