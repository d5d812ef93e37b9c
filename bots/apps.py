from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BotsConfig(AppConfig):
    name = "bots"
    verbose_name = _("Bots")

    def ready(self) -> None:
        """Registers signals (log-ins, permissions of roles), and by dotted path what lower packages use of this app."""
        from bots.access import role_permissions  # noqa: F401
        from clawdbot import leadership
        from memory.consolidation import llm_port

        llm_port.use("bots.llm.consolidation.writer_for")
        leadership.use("bots.leases.duties.lead")
        from bots.edge import logins

        logins.listen()
