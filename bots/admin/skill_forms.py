"""The form of a skill: words, patterns and sentences one per line, configuration, and write-only secrets."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from bots.admin.ui.form_fields import MaskedJSONField, Textarea, WordListField
from bots.admin.ui.secret_field import SecretField
from bots.operations import address_rules, skills
from clawdbot.address_values import addresses_in
from skills import patterns
from skills.models import BotSkill, Skill

PREFIX, REMOVE = "secret_", "remove_secret_"


class LineListField(WordListField):
    """A stored list of texts, edited one per line; commas belong to them."""

    def to_python(self, value: Any) -> Any:
        lines = value if isinstance(value, (list, tuple)) else str(value or "").splitlines()
        return list(dict.fromkeys(str(line).strip() for line in lines if str(line).strip()))


class PatternsField(LineListField):
    """Regular expressions, checked for length, form and speed."""

    def clean(self, value: Any) -> Any:
        found = super().clean(value)
        if len(found) > patterns.MOST:
            raise forms.ValidationError(gettext("At most %(most)s patterns.") % {"most": patterns.MOST})
        for pattern in found:
            try:
                patterns.check(pattern)
            except patterns.PatternRefused as refused:
                raise forms.ValidationError(f"{pattern}: {_why(refused)}") from None
        return found


def _why(refused: patterns.PatternRefused) -> str:
    match refused.code:
        case "too_long":
            return gettext("longer than %(most)s characters") % {"most": refused.detail}
        case "matches_everything":
            return gettext("matches every message")
        case "too_slow":
            return gettext("takes too long for some messages: avoid repetitions inside repetitions")
    return gettext("no regular expression (%(why)s)") % {"why": refused.detail}


class SkillForm(forms.ModelForm[Any]):
    """A skill: trigger words one per line, configuration with masked secrets."""

    triggers = WordListField(
        label=_("Trigger words"),
        help_text=_("One per line. If empty, those of the class apply; for one bot, those of the skill."),
    )
    patterns = PatternsField(
        label=_("Patterns"),
        help_text=_("Regular expressions, one per line; a named group is a parameter: (?P<city>\\w+) weather"),
    )
    examples = LineListField(
        label=_("Example sentences"),
        help_text=_("One per line. A message that means the same calls the skill."),
        widget=Textarea(attrs={"rows": 4}),
    )
    config = MaskedJSONField(
        label=_("Configuration"),
        help_text=_("JSON, handed to the skill. Secret values are shown masked; leave the mask to keep them."),
    )
    actor: ClassVar[Any] = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        config = self.fields.get("config")
        if isinstance(config, MaskedJSONField):
            config.stored = self.instance.config

    def clean_config(self) -> Any:
        config = self.cleaned_data["config"]
        before, after = addresses_in(self.instance.config), addresses_in(config)
        if before == after:
            return config
        self.instance.public_only = not address_rules.may_reach_private(self.actor)
        if self.instance.public_only and address_rules.any_private(set(after.values()) - set(before.values())):
            raise forms.ValidationError(gettext("An address is in a private network: only a superuser may enter it."))
        return config

    def save(self, commit: bool = True) -> Any:
        """Saves the row with the secrets that were typed."""
        typed = {
            name.removeprefix(PREFIX): value
            for name, value in self.cleaned_data.items()
            if name.startswith(PREFIX) and value
        }
        gone = {
            name.removeprefix(REMOVE) for name, value in self.cleaned_data.items() if name.startswith(REMOVE) and value
        }
        if typed or gone:
            skills.keep_secrets(self.instance, typed, frozenset(gone))
        return super().save(commit)


def secret_fields(row: Skill | BotSkill | None) -> dict[str, forms.Field]:
    """Returns the form fields of the secrets that the class asks for; none for a row that is not saved yet."""
    if row is None or row.pk is None:
        return {}
    skill = row if isinstance(row, Skill) else row.skill
    stored = skills.stored_secrets(row)
    made: dict[str, forms.Field] = {}
    for name in skills.secret_names(skill):
        if not re.fullmatch(r"[A-Za-z]\w{0,39}", name):
            continue
        made[PREFIX + name] = SecretField(label=name, is_set=name in stored)
        if name in stored:
            label = gettext("Remove the stored %(name)s") % {"name": name}
            made[REMOVE + name] = forms.BooleanField(label=label, required=False)
    return made
