"""The pages of skills, their assignment to bots, and their runs. Here because `skills` may not import bots."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from bots.admin.ui.audited import AuditedMixin
from bots.admin.ui.base import BaseAdmin, BotScopedAdmin, ReadOnlyMixin, ScopedInline, TypedInline
from bots.admin.ui.filters import RangeDateTimeFilter, ScopedFilter
from bots.admin.ui.form_fields import MaskedJSONField, WordListField
from bots.admin.ui.fragments import admin_link, ago, json_block
from bots.admin.ui.unfold_parts import display
from bots.operations import address_rules
from clawdbot.address_values import addresses_in
from skills.models import BotSkill, Skill, SkillRun

if TYPE_CHECKING:
    from django.contrib.admin.options import BaseModelAdmin

    _Base = BaseModelAdmin[Any]
else:
    _Base = object


class SkillForm(forms.ModelForm[Any]):
    """A skill: trigger words one per line, configuration with masked secrets."""

    triggers = WordListField(
        label=_("Trigger words"),
        help_text=_("One per line. If empty, those of the class apply; for one bot, those of the skill."),
    )
    config = MaskedJSONField(
        label=_("Configuration"),
        help_text=_("JSON, handed to the skill. Secret values are shown masked; leave the mask to keep them."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        config = self.fields.get("config")
        if isinstance(config, MaskedJSONField):
            config.stored = self.instance.config

    actor: ClassVar[Any] = None

    def clean_config(self) -> Any:
        config = self.cleaned_data["config"]
        before, after = addresses_in(self.instance.config), addresses_in(config)
        if before == after:
            return config
        self.instance.public_only = not address_rules.may_reach_private(self.actor)
        if self.instance.public_only and address_rules.any_private(set(after.values()) - set(before.values())):
            raise forms.ValidationError(gettext("An address is in a private network: only a superuser may enter it."))
        return config


class ActorMixin(_Base):
    """Tells the form of a skill who fills it in."""

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)  # type: ignore[misc]  # of a page
        return _for_user(form, request)

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        made = super().get_formset(request, obj, **kwargs)  # type: ignore[misc]  # of an inline
        made.form = _for_user(made.form, request)
        return made


def _for_user(form: Any, request: HttpRequest) -> Any:
    return type(form.__name__, (form,), {"actor": request.user})


class SkillReadingMixin(_Base):
    """Shows trigger words as text and the configuration with masked secrets to users who may only view."""

    readonly_fields: ClassVar[Any] = ("triggers_shown", "config_shown")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        sets = super().get_fieldsets(request, obj)
        if obj is None or self.has_change_permission(request, obj):
            return sets
        shown = {name: f"{name}_shown" for name in ("triggers", "config")}
        return [
            (title, {**options, "fields": [shown.get(str(name), name) for name in options["fields"]]})
            for title, options in sets
        ]

    @admin.display(description=_("trigger words"))
    def triggers_shown(self, row: Any) -> str:
        return ", ".join(map(str, row.triggers)) or "–"

    @admin.display(description=_("configuration"))
    def config_shown(self, row: Any) -> str:
        return json_block(row.config) if row.config else "–"


class BotSkillOfBotInline(ActorMixin, SkillReadingMixin, ScopedInline[BotSkill]):
    """The bot's skills with their settings for this bot, on the bot's page."""

    model = BotSkill
    form = SkillForm
    fields = ("skill", "enabled", "triggers", "config")
    tab = True


class BotSkillOfSkillInline(ActorMixin, SkillReadingMixin, TypedInline[BotSkill]):
    """The bots that have the skill, on the skill's page."""

    model = BotSkill
    form = SkillForm
    extra = 0
    fields = ("bot", "enabled", "triggers", "config")


@admin.register(Skill)
class SkillAdmin(AuditedMixin, ActorMixin, SkillReadingMixin, BaseAdmin[Skill]):
    """Skills of the installation. A skill names a Python class to load, so editing one needs Django's permission."""

    form = SkillForm
    list_display = ("name", "module", "state", "all_bots", "words", "updated_at")
    list_filter = ("enabled", "all_bots")
    search_fields = ("name", "module")
    readonly_fields = (*SkillReadingMixin.readonly_fields, "load_error")
    fieldsets = (
        (None, {"fields": ("name", "module", ("enabled", "all_bots"), "load_error")}),
        (_("Behaviour"), {"fields": ("triggers", "timeout_s", "config")}),
    )
    inlines = (BotSkillOfSkillInline,)
    warn_unsaved_form = True

    @display(description=_("state"), label={"on": "success", "off": "", "broken": "danger"}, ordering="enabled")
    def state(self, skill: Skill) -> Any:
        if skill.load_error:
            return "broken", _("cannot be loaded")
        return ("on", _("enabled")) if skill.enabled else ("off", _("disabled"))

    @admin.display(description=_("trigger words"))
    def words(self, skill: Skill) -> str:
        return ", ".join(map(str, skill.triggers[:6])) or str(_("those of the class"))


@admin.register(BotSkill)
class BotSkillAdmin(AuditedMixin, ActorMixin, SkillReadingMixin, BotScopedAdmin[BotSkill]):
    """The settings of a skill for one bot."""

    form = SkillForm
    list_display = ("bot", "skill", "enabled", "words")
    list_filter = (("bot", ScopedFilter), "enabled")
    list_select_related = ("bot", "skill")
    search_fields = ("skill__name", "bot__name")
    fields = ("bot", "skill", "enabled", "triggers", "config")

    @admin.display(description=_("trigger words"))
    def words(self, row: BotSkill) -> str:
        return ", ".join(map(str, row.triggers[:6])) or "–"


@admin.register(SkillRun)
class SkillRunAdmin(ReadOnlyMixin, BotScopedAdmin[SkillRun]):
    """Skill runs: one row per call."""

    list_display = ("when", "skill", "bot", "result", "ms", "error", "conversation_link")
    list_filter = (("bot", ScopedFilter), "ok", ("at", RangeDateTimeFilter))
    list_select_related = ("skill", "bot", "conversation")
    search_fields = ("skill__name", "=error")
    fields = (("skill", "bot"), ("result_text", "ms"), ("at", "conversation_link"), "error", "detail")

    @admin.display(description=_("at"), ordering="id")
    def when(self, run: SkillRun) -> str:
        return ago(run.at)

    @display(description=_("result"), label={"ok": "success", "failed": "danger"}, ordering="ok")
    def result(self, run: SkillRun) -> Any:
        return ("ok", _("answered")) if run.ok else ("failed", _("failed"))

    @admin.display(description=_("result"))
    def result_text(self, run: SkillRun) -> str:
        return str(self.result(run)[1])

    @admin.display(description=_("conversation"))
    def conversation_link(self, run: SkillRun) -> str:
        return admin_link(run.conversation, f"#{run.conversation_id}") if run.conversation_id else "–"
