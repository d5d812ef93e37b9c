"""Instruction skills (folders with a SKILL.md), their files, and which bot uses which."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

NAME_LENGTH = 64
DESCRIPTION_LENGTH = 1024
COMPATIBILITY_LENGTH = 500
PATH_LENGTH = 200


class InstructionSkill(models.Model):
    """A checked SKILL.md. `fingerprint` is a digest of all its files: what somebody who switches it on has read."""

    class Source(models.TextChoices):
        UPLOAD = "upload", _("uploaded")
        FOLDER = "folder", _("folder of this machine")

    name = models.CharField(_("name"), max_length=NAME_LENGTH)
    description = models.CharField(_("description"), max_length=DESCRIPTION_LENGTH)
    license = models.CharField(_("licence"), max_length=500, blank=True)
    compatibility = models.CharField(_("needs"), max_length=COMPATIBILITY_LENGTH, blank=True)
    metadata = models.JSONField(_("further data"), default=dict, blank=True)
    # A wish of the author, shown to the reviewer. Nothing is granted by it.
    allowed_tools = models.JSONField(_("asks for these tools"), default=list, blank=True)
    body = models.TextField(_("instructions"), blank=True)
    fingerprint = models.CharField(max_length=64, editable=False)
    source = models.CharField(_("source"), max_length=8, choices=Source.choices, default=Source.UPLOAD)
    warnings = models.JSONField(_("remarks"), default=list, blank=True)
    created_at = models.DateTimeField(_("added"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    class Meta:
        ordering = ("name",)
        verbose_name = _("agent skill")
        verbose_name_plural = _("agent skills")
        constraints = (models.UniqueConstraint(fields=("name",), name="instruction_skill_name_unique"),)

    def __str__(self) -> str:
        return self.name


class InstructionFile(models.Model):
    """A file of an instruction skill. Of files that are no text, only name and size are kept."""

    skill = models.ForeignKey(InstructionSkill, on_delete=models.CASCADE, related_name="files", verbose_name=_("skill"))
    path = models.CharField(_("path"), max_length=PATH_LENGTH)
    size = models.PositiveIntegerField(_("size (bytes)"))
    is_text = models.BooleanField(_("text"), default=True)
    text = models.TextField(_("content"), blank=True)

    class Meta:
        ordering = ("skill", "path")
        verbose_name = _("file of an agent skill")
        verbose_name_plural = _("files of agent skills")
        constraints = (models.UniqueConstraint(fields=("skill", "path"), name="instruction_file_unique"),)

    def __str__(self) -> str:
        return self.path

    @property
    def readable(self) -> bool:
        """Whether a model may read it: text, and no script."""
        folder, _slash, name = self.path.rpartition("/")
        return self.is_text and "scripts" not in folder.split("/") and bool(name)


class InstructionGrantQuerySet(models.QuerySet["InstructionGrant"]):
    def for_bot(self, bot: Any) -> InstructionGrantQuerySet:
        return self.filter(bot=bot)


class InstructionGrant(models.Model):
    """A bot uses a skill, as long as the skill is what was switched on."""

    bot = models.ForeignKey(
        "bots.Bot", on_delete=models.CASCADE, related_name="instruction_grants", verbose_name=_("bot")
    )
    skill = models.ForeignKey(
        InstructionSkill, on_delete=models.CASCADE, related_name="grants", verbose_name=_("skill")
    )
    fingerprint = models.CharField(max_length=64, editable=False)
    approved_at = models.DateTimeField(_("switched on"), auto_now=True)

    objects = InstructionGrantQuerySet.as_manager()

    class Meta:
        ordering = ("bot", "skill")
        verbose_name = _("agent skill of a bot")
        verbose_name_plural = _("agent skills of bots")
        constraints = (models.UniqueConstraint(fields=("bot", "skill"), name="instruction_grant_unique"),)

    def __str__(self) -> str:
        return f"{self.bot} · {self.skill}"

    @property
    def suspended(self) -> bool:
        """Whether the files of the skill have changed since it was switched on."""
        return self.fingerprint != self.skill.fingerprint

    def approve(self) -> None:
        """Switches the skill on as its row is now."""
        self.fingerprint = self.skill.fingerprint
