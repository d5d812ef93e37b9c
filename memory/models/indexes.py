"""The rows of the indexes: which scopes have one, and what changed since it was built."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _


class LargeScopeQuerySet(models.QuerySet["LargeScope"]):
    def for_person(self, bot: Any, person: Any) -> LargeScopeQuerySet:
        return self.filter(bot=bot, person=person)


class LargeScope(models.Model):
    """A person whose memory is searched through indexes instead of scanned.

    From the moment this row is there, triggers keep the lexical index in step with the rows, in their transactions,
    and note each change of a vector; see `memory.indexes.schema`.
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
    # memory.corpus.Corpus.pack(): sums over the rows, from which no row can be read.
    statistics = models.BinaryField(null=True, editable=False)
    rows = models.BigIntegerField(_("rows"), default=0, editable=False)
    # Until it is set, the scope is still searched row by row.
    built_at = models.DateTimeField(_("built"), null=True, editable=False)
    build_seconds = models.FloatField(_("seconds to build"), default=0, editable=False)
    lease_until = models.DateTimeField(null=True, editable=False)
    # pgvector: the label of the vectors in memory_vector, and the last change taken over.
    vectors_of = models.CharField(max_length=100, blank=True, default="", editable=False)
    vectors_to = models.BigIntegerField(default=0, editable=False)
    # Changes up to this number are no longer kept: an index that ends before it cannot be brought up to date.
    changes_from = models.BigIntegerField(default=0, editable=False)

    objects = LargeScopeQuerySet.as_manager()

    class Meta:
        ordering = ("id",)
        verbose_name = _("large memory")
        verbose_name_plural = _("large memories")
        constraints = (
            # recall: has this person an index? triggers: likewise
            models.UniqueConstraint(fields=("person", "bot"), name="memory_large_scope"),
        )

    def __str__(self) -> str:
        return f"{self.bot_id}/{self.person_id}: {self.rows}"


class VectorChange(models.Model):
    """A row of a large scope that got a vector (or, as a negative number, lost it) after the vector index was built;
    written by triggers only.
    """

    scope = models.ForeignKey(LargeScope, on_delete=models.CASCADE, db_index=False)
    entry_id = models.BigIntegerField(db_index=True)  # deletion of the row

    class Meta:
        ordering = ("id",)
        indexes = (
            # recall: what is newer than the vector index?
            models.Index(fields=("scope", "id"), name="memory_vector_change"),
        )

    def __str__(self) -> str:
        return f"{self.scope_id}: {self.entry_id}"
