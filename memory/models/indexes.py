"""Models of the indexes: scopes that have indexes, and vector changes since the build."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _


class LargeScopeQuerySet(models.QuerySet["LargeScope"]):
    def for_person(self, bot: Any, person: Any) -> LargeScopeQuerySet:
        return self.filter(bot=bot, person=person)


class LargeScope(models.Model):
    """A person whose memory is searched through indexes instead of scanned.

    While this row exists, triggers update the lexical index in the transaction of each write and record every change
    of a vector; see `memory.indexes.schema`.
    """

    bot = models.ForeignKey(
        "bots.Bot", on_delete=models.DO_NOTHING, db_constraint=False, related_name="+", verbose_name=_("bot")
    )
    person = models.ForeignKey(
        "bots.Person",
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        related_name="+",
        db_index=False,  # memory_large_scope begins with it
        verbose_name=_("person"),
    )
    # memory.ranking.corpus_stats.Corpus.pack(): aggregates that reveal no single row.
    statistics = models.BinaryField(null=True, editable=False)
    rows = models.BigIntegerField(_("rows"), default=0, editable=False)
    # Until it is set, the scope is scanned row by row.
    built_at = models.DateTimeField(_("built"), null=True, editable=False)
    build_seconds = models.FloatField(_("seconds to build"), default=0, editable=False)
    # pgvector: the label of the vectors in memory_vector, and the last change they include.
    vectors_of = models.CharField(max_length=100, blank=True, default="", editable=False)
    vectors_to = models.BigIntegerField(default=0, editable=False)
    # Changes up to this number were deleted: an older index cannot be brought up to date.
    changes_from = models.BigIntegerField(default=0, editable=False)

    objects = LargeScopeQuerySet.as_manager()

    class Meta:
        ordering = ("id",)
        verbose_name = _("large memory")
        verbose_name_plural = _("large memories")
        constraints = (
            # recall and triggers: does this person have an index?
            models.UniqueConstraint(fields=("person", "bot"), name="memory_large_scope"),
        )

    def __str__(self) -> str:
        return f"{self.bot_id}/{self.person_id}: {self.rows}"


class VectorChange(models.Model):
    """A change since the build of the vector index: a row got a vector, or lost it (negative id).

    Only triggers write these rows.
    """

    scope = models.ForeignKey(LargeScope, on_delete=models.CASCADE, db_index=False)
    entry_id = models.BigIntegerField(db_index=True)  # for deletions of the row

    class Meta:
        ordering = ("id",)
        indexes = (
            # recall: changes that are newer than the vector index
            models.Index(fields=("scope", "id"), name="memory_vector_change"),
        )

    def __str__(self) -> str:
        return f"{self.scope_id}: {self.entry_id}"
