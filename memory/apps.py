from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class MemoryConfig(AppConfig):
    name = "memory"
    verbose_name = _("Memory")

    def ready(self) -> None:
        """Follows deletions in other apps; warns of what a database cannot do."""
        from memory.storage import cascade

        cascade.connect()
        # Loaded here so that the tables of the indexes follow every migration.
        from memory.indexes import large, schema

        post_migrate.connect(schema.ensure, sender=self, dispatch_uid="memory.indexes.schema")
        large.connect()
