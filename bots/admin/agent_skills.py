"""The pages of agent skills (SKILL.md): upload, review, and the bots that use them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from bots.admin.ui.approval import ApprovalInline, ApprovingMixin, GrantAdmin
from bots.admin.ui.audited import AuditedMixin
from bots.admin.ui.base import BaseAdmin
from bots.admin.ui.fragments import admin_link, ago, json_block
from bots.admin.ui.unfold_parts import display
from bots.operations import agent_skills
from bots.operations.errors import OperationError
from skills.instructions.models import InstructionGrant, InstructionSkill

if TYPE_CHECKING:
    FileInput = forms.ClearableFileInput
else:
    from unfold.widgets import UnfoldAdminFileFieldWidget as FileInput

_SHOWN_FILES = 50
_SHOWN_TEXT = 20_000
_ABOUT = ("name", "description", "license", "compatibility", "source", "remarks", "wishes", "further")
_READ = ("text", "files_shown")


class UploadForm(forms.ModelForm[InstructionSkill]):
    """A zip with one skill. It is checked as the form is, and replaces a skill of the same name."""

    zip = forms.FileField(
        label=gettext_lazy("Zip file"),
        widget=FileInput,
        help_text=gettext_lazy(
            "A folder with a SKILL.md, zipped, or a SKILL.md alone; 10 MiB at most. Scripts in it are never run."
        ),
    )
    actor: Any = None
    was_known = False

    class Meta:
        model = InstructionSkill
        fields = ()

    def clean_zip(self) -> Any:
        upload = self.cleaned_data["zip"]
        if upload.size > agent_skills.MOST_ZIP_BYTES:
            raise forms.ValidationError(_("The zip is too large."))
        try:
            self.instance, fresh = agent_skills.add_zip(upload.read(), self.actor)
        except OperationError as error:
            raise forms.ValidationError(str(error)) from None
        self.was_known = not fresh
        return upload

    def _post_clean(self) -> None:
        """The row is stored already; there is nothing left to check on it."""

    def save(self, commit: bool = True) -> InstructionSkill:
        return self.instance

    def save_m2m(self) -> None:
        """There is nothing to save."""


class SkillGrantInline(ApprovalInline):
    """The bots that use the skill."""

    model = InstructionGrant
    fk_name = "skill"


@admin.register(InstructionSkill)
class InstructionSkillAdmin(ApprovingMixin, AuditedMixin, BaseAdmin[InstructionSkill]):
    """Agent skills. Their text comes from a zip or a folder and is not edited here."""

    list_display = ("name", "short", "source", "bot_state", "updated_at")
    list_filter = ("source",)
    search_fields = ("name", "description")
    inlines = (SkillGrantInline,)
    list_before_template = "admin/skills/instructionskill/folder.html"
    readonly_fields = (*_ABOUT, *_READ)
    fieldsets = ((None, {"fields": _ABOUT}), (gettext_lazy("What models read"), {"fields": _READ}))

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("grants")

    def get_fieldsets(self, request: HttpRequest, obj: InstructionSkill | None = None) -> Any:
        return super().get_fieldsets(request, obj) if obj is not None else ((None, {"fields": ("zip",)}),)

    def get_inlines(self, request: HttpRequest, obj: InstructionSkill | None) -> Any:
        return self.inlines if obj is not None else ()

    def get_readonly_fields(self, request: HttpRequest, obj: InstructionSkill | None = None) -> Any:
        return self.readonly_fields if obj is not None else ()

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        if obj is not None:
            return super().get_form(request, obj, change=change, **kwargs)
        return type("UploadForm", (UploadForm,), {"actor": request.user})

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.folder_view)
        return [path("folder/", view, name="skills_instructionskill_folder"), *super().get_urls()]

    def save_model(self, request: HttpRequest, obj: InstructionSkill, form: Any, change: bool) -> None:
        if change:
            return
        if form.was_known:
            messages.warning(
                request, _("It replaces the skill of this name. Bots that used another version need a new approval.")
            )

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Leaves the audit row to the operation, which has written it; the page's own history gets its entry."""
        return admin.ModelAdmin.log_addition(self, request, obj, message)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        agent_skills.clear_cache()

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        may = self.has_add_permission(request) and agent_skills.folder() is not None
        return super().changelist_view(
            request, {"skill_folder": agent_skills.folder() if may else None, **(extra_context or {})}
        )

    def folder_view(self, request: HttpRequest) -> HttpResponse:
        """Reads the folder of the settings, on a POST."""
        if request.method == "POST" and self.has_add_permission(request):
            try:
                found = agent_skills.read_folder(request.user)
            except OperationError as error:
                messages.error(request, str(error))
            else:
                count = len(found.stored)
                text = ngettext("%(n)s skill is new or changed.", "%(n)s skills are new or changed.", count) % {
                    "n": count
                }
                messages.success(request, text)
                for name, problem in found.refused[:20]:
                    messages.warning(request, f"{name}: {problem}")
        return HttpResponseRedirect(reverse("admin:skills_instructionskill_changelist"))

    # Columns

    @admin.display(description=gettext_lazy("description"))
    def short(self, skill: InstructionSkill) -> str:
        return skill.description[:120]

    @display(description=gettext_lazy("state"), label={"ok": "success", "failing": "danger", "untested": "info"})
    def bot_state(self, skill: Any) -> Any:
        grants = list(skill.grants.all())
        if any(grant.fingerprint != skill.fingerprint for grant in grants):
            return "failing", _("changed: look at it again")
        return ("ok", _("in use")) if grants else ("untested", _("used by no bot"))

    @admin.display(description=gettext_lazy("remarks"))
    def remarks(self, skill: InstructionSkill) -> str:
        return format_html_join("", "<p>{}</p>", ((one,) for one in skill.warnings)) or "–"

    @admin.display(description=gettext_lazy("asks for these tools"))
    def wishes(self, skill: InstructionSkill) -> str:
        if not skill.allowed_tools:
            return "–"
        note = _("Nothing is granted by this: a bot has the tools that you allow to it.")
        return format_html("{}<p>{}</p>", ", ".join(map(str, skill.allowed_tools)), note)

    @admin.display(description=gettext_lazy("further data"))
    def further(self, skill: InstructionSkill) -> str:
        return json_block(skill.metadata) if skill.metadata else "–"

    @admin.display(description=gettext_lazy("instructions"))
    def text(self, skill: InstructionSkill) -> str:
        return format_html('<pre class="claw-json">{}</pre>', skill.body[:_SHOWN_TEXT])

    @admin.display(description=gettext_lazy("files"))
    def files_shown(self, skill: InstructionSkill) -> str:
        lines = []
        for file in skill.files.all()[:_SHOWN_FILES]:
            note = _("models can read it") if file.readable else _("kept for review only")
            lines.append((f"{file.path} · {file.size} · {note}", file.text[:_SHOWN_TEXT]))
        pattern = '<details><summary>{}</summary><pre class="claw-json">{}</pre></details>'
        return format_html_join("", pattern, lines) or "–"


@admin.register(InstructionGrant)
class InstructionGrantAdmin(GrantAdmin):
    """The agent skills of each bot. A skill is switched on on its own page, which shows what it says."""

    in_use = gettext_lazy("in use")
    list_display = ("bot", "skill", "state", "approved")
    list_select_related = ("bot", "skill")
    search_fields = ("skill__name", "bot__name")
    fields = ("bot", "skill_link", "state_text", "approved")
    readonly_fields = ("bot", "skill_link", "state_text", "approved")

    @admin.display(description=gettext_lazy("skill"))
    def skill_link(self, grant: InstructionGrant) -> str:
        return admin_link(grant.skill)

    @admin.display(description=gettext_lazy("switched on"))
    def approved(self, grant: InstructionGrant) -> str:
        return ago(grant.approved_at)
