from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class MemoryConfig(AppConfig):
    name = "memory"
    verbose_name = _("Memory")

    def ready(self) -> None:
        """Connects the signals: deletions in other apps, and index tables after every migration."""
        from memory.storage import cascade

        cascade.connect()
        from memory.indexes import large, schema

        post_migrate.connect(schema.ensure, sender=self, dispatch_uid="memory.indexes.schema")
        large.connect()
