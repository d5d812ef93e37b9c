"""The chat page and the embedded button have all texts in every language."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.utils import translation

from bots.webchat import page_texts
from tests.webchat.builders import make_bot

SCRIPTS = Path(settings.BASE_DIR) / "templates" / "static" / "chat"
OWN = {"language", "languageLabel"}  # text of the language button, in strings.js


def asked_for() -> set[str]:
    """Returns the constant keys that the scripts look up."""
    calls = [
        call for path in SCRIPTS.glob("*.js") for call in re.findall(r"\bt\(([^{}()]*?)[,)]", path.read_text("utf8"))
    ]
    return {key for call in calls for key in re.findall(r'"(\w+)"', call)}


def test_every_text_that_a_script_asks_for_is_there() -> None:
    texts = page_texts.of_page()
    assert set(texts) == {"en", "zh"}
    assert set(texts["en"]) == set(texts["zh"])
    assert {"connecting", "online", "offline", "gone"} <= set(texts["en"])  # keys of the states of the connection
    assert len(asked_for()) > 30
    assert asked_for() - OWN <= set(texts["en"])
    scripts = "".join(path.read_text("utf8") for path in SCRIPTS.glob("*.js"))
    assert [key for key in texts["en"] if f'"{key}"' not in scripts] == []


@pytest.mark.parametrize("active", ["en", "zh-hans"])
def test_both_languages_are_there_whichever_the_browser_names(active: str) -> None:
    page_texts.of_page.cache_clear()
    with translation.override(active):
        texts = page_texts.of_page()
        assert translation.get_language() == active
    assert (texts["en"]["send"], texts["zh"]["send"]) == ("Send", "发送")
    assert [key for key, text in texts["zh"].items() if str(text).isascii()] == []
    assert (texts["en"]["suggestions"][0], texts["zh"]["suggestions"][0]) == (
        ["What can you do?"],
        ["你能做什么？"],
    )


@pytest.mark.django_db
def test_the_page_and_the_button_carry_them(client: Client) -> None:
    make_bot(name="100% Ada")
    page = client.get("/chat/ada/", headers={"accept-language": "zh-CN"}).content.decode()
    carried = re.search(r'<script id="texts" type="application/json">(.*?)</script>', page)
    assert carried is not None
    assert json.loads(carried[1]) == page_texts.of_page()
    assert '<html lang="zh-hans">' in page
    assert "此聊天需要启用 JavaScript。" in page
    script = client.get("/chat/ada/embed.js").content.decode()
    bot = json.loads(script.split("const bot = ", 1)[1].split(";\n", 1)[0])
    assert bot["texts"] == {
        "en": {"open": "Chat with 100% Ada", "close": "Close chat"},
        "zh": {"open": "与100% Ada聊天", "close": "关闭聊天"},
    }
