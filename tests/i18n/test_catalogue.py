"""The Chinese catalogue is complete, well formed and compiled."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import polib
import pytest
from django.apps import apps
from django.utils.translation import override

from tests.admin.builders import INTERNAL

FOLDER = Path(__file__).resolve().parents[2] / "locale" / "zh_Hans" / "LC_MESSAGES"
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]")
OURS = [model for app in ("bots", "memory", "skills") for model in apps.get_app_config(app).get_models()]
MODELS = [model for model in OURS if model._meta.label not in INTERNAL]


def texts(entry: Any) -> list[str]:
    return list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]


def test_the_compiled_catalogue_is_that_of_the_source() -> None:
    source = {(e.msgctxt, e.msgid): texts(e) for e in polib.pofile(str(FOLDER / "django.po"))}
    compiled = {(e.msgctxt, e.msgid): texts(e) for e in polib.mofile(str(FOLDER / "django.mo"))}
    assert compiled == source, "run: python manage.py compilemessages -l zh_Hans"


def test_nothing_is_untranslated_or_doubtful() -> None:
    catalogue = polib.pofile(str(FOLDER / "django.po"))
    assert [entry.msgid for entry in catalogue if entry.fuzzy or not all(texts(entry))] == []


def test_every_placeholder_survives_the_translation() -> None:
    wrong = []
    for entry in polib.pofile(str(FOLDER / "django.po")):
        allowed = set(PLACEHOLDER.findall(entry.msgid + entry.msgid_plural))
        # Chinese has one form. It follows the plural, which may contain a count that the singular lacks.
        needed = set(PLACEHOLDER.findall(entry.msgid))
        for text in texts(entry):
            found = set(PLACEHOLDER.findall(text))
            if not needed <= found <= allowed:
                wrong.append((entry.msgid, text))
    assert wrong == []


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_a_models_names_and_fields_are_translated(model: Any) -> None:
    with override("zh-hans"):
        names = [str(model._meta.verbose_name), str(model._meta.verbose_name_plural)]
        shown = [field for field in model._meta.fields if field.editable and not field.primary_key]
        names += [str(field.verbose_name) for field in shown]
    assert [name for name in names if name.isascii()] == []


@pytest.mark.parametrize(("word", "instead"), [("帐号", "账号"), ("固定", "置顶")])
def test_one_thing_has_one_word(word: str, instead: str) -> None:
    found = [text for entry in polib.pofile(str(FOLDER / "django.po")) for text in texts(entry)]
    assert [text for text in found if word in text] == []
    assert any(instead in text for text in found)
