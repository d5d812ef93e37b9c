"""The pages of skills, their assignment to bots, and their runs. Here because `skills` may not import bots."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from bots.admin.skill_forms import PREFIX, REMOVE, SkillForm, secret_fields
from bots.admin.ui.access import MANAGER, access_of
from bots.admin.ui.audited import AuditedMixin
from bots.admin.ui.base import BaseAdmin, BotScopedAdmin, ReadOnlyMixin, ScopedInline, TypedInline
from bots.admin.ui.filters import RangeDateTimeFilter, ScopedFilter
from bots.admin.ui.fragments import admin_link, ago, json_block
from bots.admin.ui.unfold_parts import display
from bots.operations import skills as operations
from skills.models import BotSkill, Skill, SkillHealth, SkillRun, SkillState

if TYPE_CHECKING:
    from django.contrib.admin.options import BaseModelAdmin

    _Base = BaseModelAdmin[Any]
else:
    _Base = object


class ActorMixin(_Base):
    """Tells the form of a skill who fills it in, and adds the fields of its secrets."""

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        if "fields" in kwargs and kwargs["fields"] is not None:
            kwargs["fields"] = [name for name in kwargs["fields"] if not str(name).startswith((PREFIX, REMOVE))]
        form = super().get_form(request, obj, change=change, **kwargs)  # type: ignore[misc]  # of a page
        return _for_user(form, request, secret_fields(obj))

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        made = super().get_formset(request, obj, **kwargs)  # type: ignore[misc]  # of an inline
        made.form = _for_user(made.form, request)
        return made


def _for_user(form: Any, request: HttpRequest, more: Mapping[str, Any] | None = None) -> Any:
    return type(form.__name__, (form,), {"actor": request.user, **(more or {})})


class SkillReadingMixin(_Base):
    """Shows trigger words as text and the configuration with masked secrets to users who may only view."""

    readonly_fields: ClassVar[Any] = ("triggers_shown", "patterns_shown", "examples_shown", "config_shown")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        sets = super().get_fieldsets(request, obj)
        if obj is None or self.has_change_permission(request, obj):
            return sets
        shown = {name: f"{name}_shown" for name in ("triggers", "patterns", "examples", "config")}
        return [
            (title, {**options, "fields": [shown.get(str(name), name) for name in options["fields"]]})
            for title, options in sets
        ]

    @admin.display(description=_("trigger words"))
    def triggers_shown(self, row: Any) -> str:
        return ", ".join(map(str, row.triggers)) or "–"

    @admin.display(description=_("patterns"))
    def patterns_shown(self, row: Any) -> str:
        return "\n".join(map(str, row.patterns)) or "–"

    @admin.display(description=_("example sentences"))
    def examples_shown(self, row: Any) -> str:
        return "\n".join(map(str, row.examples)) or "–"

    @admin.display(description=_("configuration"))
    def config_shown(self, row: Any) -> str:
        return json_block(row.config) if row.config else "–"


class SecretsMixin(_Base):
    """Adds the write-only fields of the secrets to the page of a user who may change the row."""

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        sets = super().get_fieldsets(request, obj)
        fields = secret_fields(obj) if obj is not None and self.has_change_permission(request, obj) else {}
        return [*sets, (_("Secrets"), {"fields": list(fields)})] if fields else sets


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
class SkillAdmin(AuditedMixin, SecretsMixin, ActorMixin, SkillReadingMixin, BaseAdmin[Skill]):
    """Skills of the installation. A skill names a Python class to load, so editing one needs Django's permission."""

    form = SkillForm
    list_display = ("name", "module", "state", "all_bots", "words", "updated_at")
    list_filter = ("enabled", "all_bots")
    search_fields = ("name", "module")
    readonly_fields = (*SkillReadingMixin.readonly_fields, "load_error")
    fieldsets = (
        (None, {"fields": ("name", "module", ("enabled", "all_bots"), "load_error")}),
        (_("Behaviour"), {"fields": ("triggers", "timeout_s", "config")}),
        (_("Choosing"), {"fields": ("patterns", "examples", "threshold", "by_tools_only")}),
    )
    inlines = (BotSkillOfSkillInline,)
    actions = ("reload_selected",)
    warn_unsaved_form = True

    @admin.action(description=_("Load the classes of the selected skills again"), permissions=["change"])
    def reload_selected(self, request: HttpRequest, queryset: QuerySet[Skill]) -> None:
        """All processes follow within two seconds. A class that does not load any more stays as it was."""
        for skill in queryset:
            problem = operations.reload(skill, request.user)
            if problem:
                messages.error(request, gettext("%(skill)s: %(problem)s") % {"skill": skill, "problem": problem})
            else:
                messages.success(request, gettext("%(skill)s is loaded again.") % {"skill": skill})

    @display(description=_("state"), label={"on": "success", "off": "", "broken": "danger"}, ordering="enabled")
    def state(self, skill: Skill) -> Any:
        if skill.load_error:
            return "broken", _("cannot be loaded")
        return ("on", _("enabled")) if skill.enabled else ("off", _("disabled"))

    @admin.display(description=_("trigger words"))
    def words(self, skill: Skill) -> str:
        return ", ".join(map(str, skill.triggers[:6])) or str(_("those of the class"))


@admin.register(BotSkill)
class BotSkillAdmin(AuditedMixin, SecretsMixin, ActorMixin, SkillReadingMixin, BotScopedAdmin[BotSkill]):
    """The settings of a skill for one bot."""

    form = SkillForm
    list_display = ("bot", "skill", "enabled", "words")
    list_filter = (("bot", ScopedFilter), "enabled")
    list_select_related = ("bot", "skill")
    search_fields = ("skill__name", "bot__name")
    fieldsets = (
        (None, {"fields": ("bot", "skill", "enabled", "triggers", "config")}),
        (_("Choosing"), {"fields": ("patterns", "examples", "threshold", "by_tools_only")}),
    )

    @admin.display(description=_("trigger words"))
    def words(self, row: BotSkill) -> str:
        return ", ".join(map(str, row.triggers[:6])) or "–"


@admin.register(SkillHealth)
class SkillHealthAdmin(ReadOnlyMixin, BotScopedAdmin[SkillHealth]):
    """Skills that fail, and those that were switched off because they failed too often in a row."""

    list_display = ("skill", "bot", "state", "failures", "error", "when")
    list_filter = (("bot", ScopedFilter),)
    list_select_related = ("skill", "bot")
    fields = (("skill", "bot"), ("failures", "stopped_at"), "error")
    actions = ("switch_on",)

    @display(description=_("state"), label={"off": "danger", "failing": "warning"}, ordering="stopped_at")
    def state(self, row: SkillHealth) -> Any:
        return ("off", _("switched off")) if row.stopped_at else ("failing", _("failing"))

    @admin.display(description=_("at"), ordering="updated_at")
    def when(self, row: SkillHealth) -> str:
        return ago(row.updated_at)

    @admin.action(description=_("Switch the selected skills on again"), permissions=["view"])
    def switch_on(self, request: HttpRequest, queryset: QuerySet[SkillHealth]) -> None:
        """Needs the right to change the skills of the bot."""
        if not request.user.has_perm("skills.change_botskill"):
            raise PermissionDenied
        rows = [row for row in queryset if access_of(request).allows(row.bot_id, MANAGER)]
        for row in rows:
            operations.revive(row, request.user)
        text = ngettext("%(n)s skill is switched on.", "%(n)s skills are switched on.", len(rows))
        messages.success(request, text % {"n": len(rows)})


@admin.register(SkillState)
class SkillStateAdmin(ReadOnlyMixin, BotScopedAdmin[SkillState]):
    """What skills keep of people. An erasure of the person deletes it."""

    bot_path = "person__bot"
    list_display = ("skill", "person_link", "when")
    list_select_related = ("skill", "person")
    fields = (("skill", "person_link"), "updated_at", "data_shown")
    readonly_fields = ("data_shown", "person_link")

    @admin.display(description=_("person"))
    def person_link(self, row: SkillState) -> str:
        return admin_link(row.person)

    @admin.display(description=_("updated"), ordering="updated_at")
    def when(self, row: SkillState) -> str:
        return ago(row.updated_at)

    @admin.display(description=_("data"))
    def data_shown(self, row: SkillState) -> str:
        return json_block(row.data)


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
