"""MCP servers, the tools that they list, and which bot may use which tool."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from clawdbot import crypto
from clawdbot.http.addresses import origin
from clawdbot.skills.effects import UNKNOWN, Effect, Effects

ERROR_LENGTH = 300
OUTPUT_LENGTH = 4000  # of a server's standard error, in characters
DESCRIPTION_LENGTH = 4000
# Two underscores separate server and tool in the name of a call.
_NAME = RegexValidator(r"^[a-z0-9]+([_-][a-z0-9]+)*$", _("Small letters, digits, and single _ or - between them."))


def _between(least: float, most: float) -> tuple[MinValueValidator, MaxValueValidator]:
    return MinValueValidator(least), MaxValueValidator(most)


def unknown_effects() -> list[str]:
    return sorted(UNKNOWN)


class McpServer(models.Model):
    """A server of the Model Context Protocol: a program of this machine, or an address."""

    class Transport(models.TextChoices):
        STDIO = "stdio", _("program of this machine (stdio)")
        HTTP = "http", _("address (streamable HTTP)")

    name = models.CharField(
        _("name"), max_length=24, validators=[_NAME], help_text=_("Begins the names of its tools, e.g. github.")
    )
    transport = models.CharField(_("transport"), max_length=8, choices=Transport.choices, default=Transport.HTTP)
    command = models.CharField(_("program"), max_length=300, blank=True, help_text=_("e.g. npx or /usr/bin/uvx"))
    arguments = models.JSONField(_("arguments"), default=list, blank=True)
    url = models.CharField(_("address"), max_length=300, blank=True, help_text=_("e.g. https://mcp.example.com/mcp"))
    secrets_encrypted = models.TextField(_("headers or environment"), blank=True, editable=False)
    # True when somebody who is no superuser entered the address.
    public_only = models.BooleanField(
        _("public addresses only"), default=False, help_text=_("No connection to addresses of a private network.")
    )
    enabled = models.BooleanField(_("enabled"), default=True)
    start_limit_s = models.FloatField(
        _("time limit of the start (seconds)"), default=20.0, validators=_between(0.5, 120.0)
    )
    call_limit_s = models.FloatField(_("time limit of a call (seconds)"), default=30.0, validators=_between(0.5, 300.0))
    refresh_minutes = models.PositiveIntegerField(
        _("list its tools every (minutes)"),
        default=30,
        validators=[MaxValueValidator(10_080)],
        help_text=_("0: only by hand and when a call connects."),
    )
    listed_at = models.DateTimeField(_("tools listed"), null=True, blank=True, editable=False)
    program = models.CharField(_("what it calls itself"), max_length=200, blank=True, editable=False)
    protocol = models.CharField(_("protocol version"), max_length=40, blank=True, editable=False)
    last_ok_at = models.DateTimeField(_("last success"), null=True, blank=True, editable=False)
    last_error_at = models.DateTimeField(_("last error at"), null=True, blank=True, editable=False)
    last_error = models.CharField(_("last error"), max_length=ERROR_LENGTH, blank=True, editable=False)
    last_error_code = models.CharField(max_length=60, blank=True, editable=False)
    last_error_params = models.JSONField(default=dict, blank=True, editable=False)
    last_output = models.TextField(_("its last error output"), blank=True, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    class Meta:
        ordering = ("name",)
        verbose_name = _("MCP server")
        verbose_name_plural = _("MCP servers")
        constraints = (models.UniqueConstraint(fields=("name",), name="mcp_server_name_unique"),)

    def __str__(self) -> str:
        return self.name

    @property
    def failing(self) -> bool:
        """Whether the latest contact failed."""
        return self.last_error_at is not None and (self.last_ok_at is None or self.last_error_at > self.last_ok_at)

    @property
    def place(self) -> str:
        """Where its secrets go: the origin of the address, or the program with its arguments."""
        if self.transport == self.Transport.HTTP:
            return origin(self.url)
        return json.dumps([self.command, *map(str, self.arguments or ())], ensure_ascii=False)

    @property
    def secrets(self) -> dict[str, str]:
        """Headers or environment by name; {} when they were entered for another address or program."""
        held = crypto.decrypt_json(self.secrets_encrypted) if self.secrets_encrypted else {}
        values = held.get("values", {}) if held.get("place") == self.place else {}
        return {str(name): str(value) for name, value in values.items()}

    @secrets.setter
    def secrets(self, values: Mapping[str, str]) -> None:
        # Binds the values to the place, so set address or program first.
        held = {"values": dict(values), "place": self.place}
        self.secrets_encrypted = crypto.encrypt_json(held) if values else ""


class McpTool(models.Model):
    """A tool as its server lists it. Everything but the effects is text of the server, which nobody here has checked.

    `fingerprint` is a digest of name, description and schema: what somebody who allows the tool has read.
    """

    server = models.ForeignKey(McpServer, on_delete=models.CASCADE, related_name="tools", verbose_name=_("server"))
    name = models.CharField(_("name"), max_length=200)
    call_name = models.CharField(_("name for the model"), max_length=64, editable=False)
    description = models.TextField(_("description"), blank=True, editable=False)
    schema = models.JSONField(_("arguments"), default=dict, blank=True, editable=False)
    hints = models.JSONField(_("hints of the server"), default=dict, blank=True, editable=False)
    fingerprint = models.CharField(max_length=64, editable=False)
    unusable = models.CharField(_("cannot be used"), max_length=ERROR_LENGTH, blank=True, editable=False)
    listed = models.BooleanField(_("listed now"), default=True, editable=False)
    effects = models.JSONField(_("effects"), default=unknown_effects)
    idempotent = models.BooleanField(
        _("may be repeated"), default=False, help_text=_("A second call with the same arguments changes nothing more.")
    )
    created_at = models.DateTimeField(_("first listed"), auto_now_add=True)
    changed_at = models.DateTimeField(_("changed by its server"), null=True, blank=True, editable=False)

    class Meta:
        ordering = ("server", "name")
        verbose_name = _("MCP tool")
        verbose_name_plural = _("MCP tools")
        constraints = (
            models.UniqueConstraint(fields=("server", "name"), name="mcp_tool_unique"),
            models.UniqueConstraint(fields=("call_name",), name="mcp_tool_call_name_unique"),
        )

    def __str__(self) -> str:
        return self.call_name

    @property
    def known_effects(self) -> Effects:
        """The effects that an operator set; those of an unknown tool when the row holds none that is valid."""
        known = {str(effect) for effect in Effect}
        return frozenset(Effect(name) for name in self.effects or () if name in known) or UNKNOWN


class McpGrantQuerySet(models.QuerySet["McpGrant"]):
    def for_bot(self, bot: Any) -> McpGrantQuerySet:
        return self.filter(bot=bot)


class McpGrant(models.Model):
    """A bot may use a tool, as long as the tool is what was approved. `seen` keeps that text, to show what changed."""

    bot = models.ForeignKey("bots.Bot", on_delete=models.CASCADE, related_name="mcp_grants", verbose_name=_("bot"))
    tool = models.ForeignKey(McpTool, on_delete=models.CASCADE, related_name="grants", verbose_name=_("tool"))
    fingerprint = models.CharField(max_length=64, editable=False)
    seen = models.JSONField(_("as it was approved"), default=dict, blank=True, editable=False)
    approved_at = models.DateTimeField(_("approved"), auto_now=True)

    objects = McpGrantQuerySet.as_manager()

    class Meta:
        ordering = ("bot", "tool")
        verbose_name = _("MCP tool of a bot")
        verbose_name_plural = _("MCP tools of bots")
        constraints = (models.UniqueConstraint(fields=("bot", "tool"), name="mcp_grant_unique"),)

    def __str__(self) -> str:
        return f"{self.bot} · {self.tool}"

    @property
    def suspended(self) -> bool:
        """Whether the tool was changed by its server after it was approved."""
        return self.fingerprint != self.tool.fingerprint

    def approve(self) -> None:
        """Approves the tool as its row is now."""
        self.fingerprint = self.tool.fingerprint
        self.seen = {"description": self.tool.description, "schema": self.tool.schema}
