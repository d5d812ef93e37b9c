"""The editor of the steps: rows of fields, made by clawdbot_admin/flow.js from the JSON, which is the field's value."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django import forms
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from clawdbot.flows.json_form import KINDS
from clawdbot.flows.steps import DOES, TYPES
from skills.models import Skill

if TYPE_CHECKING:
    Textarea = forms.Textarea
else:
    from unfold.widgets import UnfoldAdminTextareaWidget as Textarea


class StepsWidget(Textarea):
    """A text area with the JSON, and the data of which the page makes the editor. Without JavaScript it stays JSON."""

    template_name = "admin/skills/flow/steps.html"

    class Media:
        css = {"all": ("clawdbot_admin/flow.css",)}
        js = ("clawdbot_admin/flow.js",)

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> Any:
        # The renderer of forms does not know the templates of the project.
        return render_to_string(self.template_name, self.get_context(name, value, attrs))

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        return super().get_context(name, value, attrs) | {"data": _data(), "data_id": f"claw-flow-{name}"}


class StepsField(forms.JSONField):
    """The JSON form of a flow without name, triggers and version."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"widget": StepsWidget(), "required": True, **options})

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, str):  # what was sent and is no JSON
            return value
        return json.dumps(value or {"steps": []}, ensure_ascii=False, indent=2)


def _data() -> dict[str, Any]:
    """Returns the choices and words of the editor in the active language."""
    skills = Skill.objects.filter(enabled=True).order_by("name").values_list("name", flat=True)
    return {
        "kinds": [[kind, _kinds()[kind]] for kind in KINDS],
        "types": [[one, _types()[one]] for one in TYPES],
        "does": [[one, _does()[one]] for one in DOES],
        "skills": [["", "–"], *([name, name] for name in skills)],
        "words": _words(),
    }


def _kinds() -> dict[str, str]:
    return {
        "collect": _("question"),
        "confirm": _("confirmation"),
        "act": _("action"),
        "say": _("message"),
        "branch": _("branch"),
        "hand_over": _("hand over"),
    }


def _types() -> dict[str, str]:
    return {
        "text": _("free text"),
        "number": _("number"),
        "integer": _("whole number"),
        "choice": _("choice"),
        "yes_no": _("yes or no"),
        "date": _("date"),
        "time": _("time of day"),
        "datetime": _("date and time"),
        "email": _("e-mail address"),
        "phone": _("telephone number"),
    }


def _does() -> dict[str, str]:
    return {
        "skill": _("call a skill"),
        "webhook": _("post to a webhook"),
        "hand_over": _("hand over to a person"),
        "say": _("say a text"),
    }


def _words() -> dict[str, str]:
    return {
        "english": _("English"),
        "chinese": _("Chinese"),
        "title": _("What people call it"),
        "description": _("When a language model may begin it, in English; empty: only its trigger words do"),
        "slot": _("Name of the value"),
        "type": _("Type"),
        "question": _("Question"),
        "label": _("What people call the value"),
        "choices": _("Choices, one per line: value | English | Chinese"),
        "minimum": _("At least"),
        "maximum": _("At most"),
        "shortest": _("Fewest characters"),
        "longest": _("Most characters"),
        "pattern": _("Pattern (regular expression)"),
        "hint": _("Hint when it does not fit"),
        "free": _("Any words are an answer"),
        "future": _("Today or later"),
        "required": _("Required"),
        "does": _("Then"),
        "skill": _("Skill"),
        "url": _("Address"),
        "reason": _("Reason, for the team"),
        "after": _("What the bot says then; {name} stands for a value"),
        "before": _("What the bot says before the values"),
        "text": _("Text; {name} stands for a value"),
        "cases": _("Cases, one per line: test | value | step (is, is_not, at_least, at_most, given, missing)"),
        "up": _("Move up"),
        "down": _("Move down"),
        "remove": _("Remove"),
        "add": _("Add"),
        "json": _("Show as JSON"),
        "rows": _("Show as rows"),
        "broken": _("This is no valid JSON."),
    }
