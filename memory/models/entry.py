"""Model of a memory entry. The rows are the source of truth; every index and cache is rebuilt from them."""

from __future__ import annotations

import secrets
from importlib import import_module
from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from memory import database
from memory.models.fields import DigestField
from memory.text.term_keys import pack

STAMP_BITS = 40
_CLAIM_FIELDS = frozenset({"claim", "claim_until"})


def new_stamp() -> int:
    """Returns a random number; a row gets a new one with every change.

    The sum over a scope is a fingerprint of its content: one index-only query tells a cache that another process
    wrote. With 40 bits the sum over a million rows fits a 64-bit integer.
    """
    return secrets.randbits(STAMP_BITS)


def stale(label: str) -> tuple[models.Q, ...]:
    """Returns conditions for vectors of other embedders, as ranges that the index on the column supports.

    "Not equal" would read every row, although nearly all rows have the right label.
    """
    if not label:
        return ()
    query = f"{label}:query"
    return (
        models.Q(embedder__gt="", embedder__lt=label),
        models.Q(embedder__gt=label, embedder__lt=query),
        models.Q(embedder__gt=query),
    )


class MemoryEntryQuerySet(models.QuerySet["MemoryEntry"]):
    """Personal data: start every query with `for_bot` or `for_person`."""

    def for_bot(self, bot: Any) -> MemoryEntryQuerySet:
        return self.filter(bot=bot)

    def for_person(self, bot: Any, person: Any) -> MemoryEntryQuerySet:
        return self.filter(bot=bot, person=person)

    def distinct_entries(self) -> MemoryEntryQuerySet:
        """Excludes later copies of the same words by the same role; the first row counts them."""
        return self.filter(duplicate_of=None)

    def waiting_for_vector(self, label: str = "") -> MemoryEntryQuerySet:
        """Selects rows without a vector of the embedder with this label; "" accepts a vector of any embedder.

        `memory.storage.embedding_backfill.waiting` fills in the current label.
        """
        wanted = models.Q(embedder="", duplicate_of=None)
        for others in stale(label):
            wanted |= others & models.Q(duplicate_of=None)  # repeated in each term, or SQLite reads the whole index
        return self.filter(wanted)

    def turns(self) -> MemoryEntryQuerySet:
        """Selects verbatim turns."""
        return self.filter(kind=MemoryEntry.Kind.TURN)

    def derived(self) -> MemoryEntryQuerySet:
        """Selects facts and summaries: consolidation derives them from turns and can do so again at any time."""
        return self.exclude(kind=MemoryEntry.Kind.TURN)

    def update(self, **values: Any) -> int:
        """Updates rows with a new stamp, so that the caches of all processes notice (a claim keeps the stamp)."""
        if not _CLAIM_FIELDS.issuperset(values):
            values.setdefault("stamp", new_stamp())
        if "tokens" in values:
            values.setdefault("terms", None)
        return super().update(**values)

    update.alters_data = True  # type: ignore[attr-defined]

    def update_unseen(self, **values: Any) -> int:
        """Updates fields that no cache holds; keeps the stamp."""
        return super().update(**values)

    update_unseen.alters_data = True  # type: ignore[attr-defined]


class MemoryEntry(models.Model):
    """One memory about one person of one bot: a verbatim turn, or a fact or summary derived from turns."""

    class Kind(models.TextChoices):
        TURN = "turn", _("Turn")
        FACT = "fact", _("Fact")
        SUMMARY = "summary", _("Summary")

    class Role(models.TextChoices):
        USER = "user", _("Person")
        ASSISTANT = "assistant", _("Bot")
        OPERATOR = "operator", _("Team")

    # The targets of these four references may be in another database (memory.database), where no foreign key can be
    # enforced: `memory.storage.cascade` does it. The composite indexes below cover both scope keys.
    bot = models.ForeignKey(
        "bots.Bot",
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        related_name="memories",
        db_index=False,
        verbose_name=_("bot"),
    )
    person = models.ForeignKey(
        "bots.Person",
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        related_name="memories",
        db_index=False,
        verbose_name=_("person"),
    )
    # A memory outlives its transcript: an operator may prune conversations.
    conversation = models.ForeignKey(
        "bots.Conversation",
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        null=True,
        blank=True,
        related_name="memories",
        verbose_name=_("conversation"),
    )
    message = models.ForeignKey(
        "bots.Message",
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("message"),
    )
    # While two people are linked: the id of the person who said it, so that the link can be undone.
    origin_id = models.BigIntegerField(null=True, editable=False)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices, default=Kind.TURN)
    role = models.CharField(_("who"), max_length=10, choices=Role.choices, default=Role.USER)
    speaker = models.CharField(_("speaker"), max_length=200, blank=True)
    session = models.CharField(_("session"), max_length=64, blank=True)
    external_id = models.CharField(_("external id"), max_length=191, null=True, blank=True)
    text = models.TextField(_("text"))
    tokens = models.TextField(_("index text"), blank=True, editable=False)
    # `tokens` as numbers (`memory.text.term_keys.pack`), so that a scan need not split each text; NULL: not made yet.
    terms = models.BinaryField(null=True, editable=False)
    content_hash = DigestField(_("content hash"), max_length=16, editable=False)
    duplicates = models.PositiveIntegerField(_("repeated"), default=0, editable=False)
    # Deleting a memory deletes its copies: "forget this" means every time it was said.
    duplicate_of = models.ForeignKey(
        "self",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        editable=False,
        db_index=False,  # memory_by_embedder begins with it
        related_name="copies",
        verbose_name=_("repeats"),
    )
    pinned = models.BooleanField(_("pinned"), default=False, help_text=_("Kept for ever, whatever the retention."))
    occurred_at = models.DateTimeField(_("said at"))
    # The calendar day at the speaker's place: "yesterday" and "5月2日" refer to the speaker's calendar, not to UTC.
    day = models.DateField(_("day"), editable=False)
    # Dates in the text ("yesterday"), resolved when the row was written: [{"text", "start", "end"}], end exclusive.
    dates = models.JSONField(_("dates spoken of"), default=list, editable=False)
    last_seen_at = models.DateTimeField(_("last said at"))
    created_at = models.DateTimeField(_("stored at"), default=timezone.now)
    valid_from = models.DateTimeField(_("true from"), null=True, blank=True)
    valid_to = models.DateTimeField(_("true until"), null=True, blank=True)
    superseded_by = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("superseded by")
    )
    # A near-duplicate, or archived by an operator: no longer recalled, but not deleted.
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True, editable=False)
    similar_to = models.ForeignKey(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="near_duplicates",
        verbose_name=_("says the same as"),
    )
    # Subject and attribute of a fact ("self/home") and its value ("chengdu"), normalised for comparison.
    fact_key = models.CharField(
        _("subject and attribute"), max_length=191, blank=True, default="", db_default="", editable=False
    )
    fact_value = models.CharField(_("value"), max_length=300, blank=True, default="", db_default="", editable=False)
    vector = models.BinaryField(_("vector"), null=True, editable=False)
    embedder = models.CharField(_("embedder"), max_length=80, blank=True, editable=False)
    stamp = models.BigIntegerField(default=new_stamp, editable=False)
    claim = models.BigIntegerField(null=True, editable=False)
    claim_until = models.DateTimeField(null=True, editable=False)

    objects = MemoryEntryQuerySet.as_manager()

    class Meta:
        ordering = ("-occurred_at", "-id")
        verbose_name = _("memory")
        verbose_name_plural = _("memories")
        constraints = (
            # importing a file twice stores it once; look-up by imported id (NULLs never collide)
            models.UniqueConstraint(fields=("person", "bot", "external_id"), name="memory_external_unique"),
        )
        indexes = (
            # cache check of every recall, index-only: count and sum(stamp) of a scope's turns (or of its derived
            # rows); loading a scope; fetching its new rows (id > x); the cascade of a person
            models.Index(fields=("person", "bot", "kind", "id", "stamp"), name="memory_scope_kind_state"),
            # remember: were these words said before in this scope?
            models.Index(fields=("person", "bot", "content_hash"), name="memory_scope_content"),
            # latest turns of a person; turns of a period; turns before and after another one
            models.Index(fields=("person", "bot", "occurred_at", "id"), name="memory_scope_time"),
            # admin and API list of a bot, latest first
            models.Index(fields=("bot", "-occurred_at"), name="memory_bot_recent"),
            # preview of the retention: what was stored so long ago
            models.Index(fields=("bot", "created_at"), name="memory_bot_stored"),
            # embed_pending: rows without a vector, oldest first, then those of another embedder (see `stale`);
            # the copies of a row
            models.Index(fields=("duplicate_of", "embedder", "id"), name="memory_by_embedder"),
        )

    def __str__(self) -> str:
        return (self.speaker or self.get_role_display()) + gettext(": ") + self.text[:60]

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Saves with a new stamp. To change a text use `memory.lifecycle.editing.rewrite`, which also re-indexes it."""
        self.stamp = new_stamp()
        self.terms = pack(self.tokens.split())
        if kwargs.get("update_fields") is not None:
            kwargs["update_fields"] = {*kwargs["update_fields"], "stamp", "terms"}
        if database.mongodb():
            _rows(None).store(self, kwargs.get("update_fields"))
            return
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Deletes the row with its copies."""
        if database.mongodb():
            return type(self).objects.filter(pk=self.pk).delete()
        return super().delete(*args, **kwargs)


_Manager: Any = type(MemoryEntry.objects)
_django_rows = _Manager.get_queryset


def _rows(manager: Any) -> Any:
    """Selects rows in the database that holds them: one of Django's, or MongoDB."""
    if database.mongodb():
        return import_module("memory.storage.mongo.selection").Selection()
    return _django_rows(manager)


# Set here, because the type checker knows the manager that Django makes of a queryset, and no subclass of it.
_Manager.get_queryset = _rows
# Django reads a row again, and follows a reference between memories, by this manager. An option of the model would be
# part of the migrations.
MemoryEntry._meta.base_manager = MemoryEntry.objects
