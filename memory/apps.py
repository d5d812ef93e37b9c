from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MemoryConfig(AppConfig):
    name = "memory"
    verbose_name = _("Memory")

    def ready(self) -> None:
        """Follows deletions in other apps; warns of what a database cannot do."""
        from memory import deletion

        deletion.connect()
