"""Every platform has a guide in both languages; it names keys and error marks that exist."""

from __future__ import annotations

import re
from dataclasses import fields

import pytest

from adapters import registry
from adapters.events import BotIdentity
from adapters.guide import Guide, Text

PLATFORMS = [name for name in registry.platforms() if name != "web"]


def texts(guide: Guide) -> list[Text]:
    found = [*guide.steps, *guide.connect, guide.verifies, *guide.mends.values()]
    for variant in guide.variants:
        found += [variant.title, *variant.steps]
    return found + ([guide.registers] if guide.registers else [])


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_guide_has_steps_and_speaks_both_languages(platform: str) -> None:
    guide = registry.guide(platform)
    assert guide.steps
    assert guide.connect
    for text in texts(guide):
        assert set(text) == {"en", "zh"}
        assert text["en"].isascii() or not any("\u4e00" <= letter <= "\u9fff" for letter in text["en"])
        assert any("\u4e00" <= letter <= "\u9fff" for letter in text["zh"])


@pytest.mark.parametrize("platform", PLATFORMS)
def test_marks_are_closed_so_that_nothing_is_shown_bold_by_mistake(platform: str) -> None:
    for text in texts(registry.guide(platform)):
        for words in text.values():
            assert words.count("*") % 2 == 0, words
            assert words.count("`") % 2 == 0, words


@pytest.mark.parametrize("platform", PLATFORMS)
def test_what_verify_fills_in_are_keys_of_the_account_and_no_secrets(platform: str) -> None:
    described = {field.name: field for field in registry.account_fields(platform)}
    told = {field.name for field in fields(BotIdentity)}
    for key, attribute in registry.guide(platform).fills.items():
        assert not described[key].secret
        assert attribute in told


@pytest.mark.parametrize("platform", PLATFORMS)
def test_the_second_button_is_explained_where_there_is_one(platform: str) -> None:
    assert bool(registry.guide(platform).registers) == registry.adapter_class(platform).supports_webhook_setup


@pytest.mark.parametrize("platform", PLATFORMS)
def test_required_keys_are_never_hidden_among_the_advanced(platform: str) -> None:
    assert not [field.name for field in registry.account_fields(platform) if field.required and field.advanced]


@pytest.mark.parametrize("platform", PLATFORMS)
def test_chinese_has_chinese_punctuation(platform: str) -> None:
    account = registry.account_fields(platform)
    described = [part for field in account for part in (field.label, field.help)]
    for text in (*texts(registry.guide(platform)), *described):
        spaced = re.sub(
            r"`[^`]*`| \([A-Za-z -]+\)", "", text["zh"]
        )  # what a person types, and names on English screens
        assert not re.search(r"[,;!?()]|[\u4e00-\u9fff]:", spaced), text["zh"]
