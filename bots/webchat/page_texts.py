"""Texts of the chat page and of the embed button in all languages, so that the page switches without a request."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

# language code of the page -> language code of gettext
LANGUAGES = {"en": "en", "zh": "zh-hans"}


@cache
def of_page() -> dict[str, dict[str, Any]]:
    """Returns the texts of the chat page by language and key; `strings.js` fills in the placeholders."""
    return _in_each_language(_page)


def of_button(bot_name: str) -> dict[str, dict[str, Any]]:
    """Returns the texts of the embed button, which opens the chat on another site, by language and key."""
    return _in_each_language(lambda: {"open": _("Chat with %(name)s") % {"name": bot_name}, "close": _("Close chat")})


def _in_each_language(texts: Callable[[], dict[str, Any]]) -> dict[str, dict[str, Any]]:
    made = {}
    for code, language in LANGUAGES.items():
        with translation.override(language):
            made[code] = texts()
    return made


def _page() -> dict[str, Any]:
    return {
        "connecting": _("Connecting…"),
        "online": _("Online"),
        "offline": _("Offline – trying again"),
        "gone": _("Not available"),
        "newChat": _("New chat"),
        "memory": _("Memory"),
        "memoryLabel": _("What do you remember about me?"),
        "toDark": _("Dark mode"),
        "toLight": _("Light mode"),
        "close": _("Close"),
        "write": _("Message %(name)s"),
        "send": _("Send"),
        "stop": _("Stop answering"),
        "record": _("Record a voice message"),
        "recording": _("Stop and send the recording"),
        "noMicrophone": _("The browser does not let this page use the microphone. Allow it, or write."),
        "notRecorded": _("The recording was not sent. Please try again, or write."),
        "tooLong": _(
            "Your text has %(count)s characters, %(excess)s too many: %(limit)s at most. "
            "Nothing is lost; shorten it to send."
        ),
        "toEnd": _("To the latest message"),
        "typing": _("%(name)s is writing"),
        "you": _("You"),
        "team": _("Our team"),
        "sending": _("Sending…"),
        "waiting": _("Waiting for the connection"),
        "failed": _("Not sent"),
        "retry": _("Try again"),
        "discard": _("Delete"),
        "copy": _("Copy"),
        "copied": _("Copied"),
        "save": _("Save the file"),
        "today": _("Today"),
        "yesterday": _("Yesterday"),
        "greeting": _("Hello, I am %(name)s"),
        "description": _("I remember what you tell me, also in the next conversation."),
        # [label] or [label, text to send]
        "suggestions": [
            [_("What can you do?")],
            [_("My sister lives in Chengdu")],
            [_("What do you remember about me?"), _("/memory")],
        ],
        "demo": _("Small demonstration model, English only."),
        "connect": _("Connect a better one"),
        "connectOne": _("Connect one"),
        "noModel": _("No language model is connected: answers come from memory and commands."),
        "model": _("%(name)s can make mistakes. Model: %(model)s"),
        "memoryTitle": _("What I remember about you"),
        "memoryIntro": _("What was said between us. It helps me to answer you; you decide what stays."),
        "memoryEmpty": _("Nothing yet. Tell me something about yourself."),
        "memoryError": _("The list could not be loaded."),
        "forget": _("Forget this"),
        "forgetAll": _("Forget everything"),
        "forgetSure": _("Forget everything about you? This cannot be undone."),
        "cancel": _("Cancel"),
        "more": _("Show more"),
        "loading": _("Loading…"),
        "times": _("said %(count)s times"),
    }
