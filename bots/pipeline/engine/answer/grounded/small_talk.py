"""Recognises small talk in both languages and answers it with one line that claims nothing."""

from __future__ import annotations

import re

from django.utils.translation import gettext as _

from bots.pipeline.engine.answer.grounded import small_talk_patterns
from bots.pipeline.engine.answer.grounded.plain_text import plain

_LONGEST = 60  # characters; who writes more tells something


def kind(text: str) -> str:
    """Returns the kind of small talk that the whole message is; "" for any other message."""
    words = plain(text)
    if small_talk_patterns.CRISIS.search(words):
        return "crisis"
    if not words:
        return "emoji" if text.strip() and not re.search(r"[?!.。？！…]", text) else "unclear"
    if len(words) > _LONGEST:
        return ""
    words = re.sub(r"(?<=[\u4e00-\u9fff])\s+(?=[\u4e00-\u9fff])", "", words)
    return next((name for name, pattern in small_talk_patterns.KINDS if pattern.fullmatch(words)), "")


def lines(found: str) -> list[str]:
    """Returns the honest lines for a kind of small talk, in the active language."""
    return _lines().get(found) or [_("All right."), _("Good."), _("Okay. Is there anything else?")]


def _lines() -> dict[str, list[str]]:
    return {
        "greeting": [
            _("Hello! I remember what you tell me, and you can ask me about it at any time."),
            _("Hi! Tell me something to remember, or ask “What can you do?”."),
            _("Hello! What would you like to tell me or ask me?"),
        ],
        "how_are_you": [
            _("I am a program, so I have no moods, but I am ready. What can I do for you?"),
            _("Everything works here. How are you?"),
        ],
        "thanks": [_("You are welcome!"), _("Gladly!"), _("Any time.")],
        "good_night": [_("Good night! I will remember what you told me."), _("Sleep well!")],
        "bye": [_("Goodbye! I will remember what you told me."), _("See you! Write to me whenever you like.")],
        "laugh": [_("Good to hear you laugh."), _("Haha! What shall we do next?")],
        "compliment": [_("Thank you, that is kind."), _("Thank you! I am glad to be of use.")],
        "insult": [
            _("I am sorry that I was of no use. I can do only a few things; “What can you do?” lists them."),
            _("I understand that this annoys you. /help lists what I really can do."),
        ],
        "sad": [
            _("I am sorry that you feel this way. I am only a program, but I listen, and I remember what you tell me."),
            _("That sounds hard. It can help to talk to somebody close to you. You can also write it down here."),
        ],
        "happy": [_("That is good to hear!"), _("I am glad! Tell me more, if you like.")],
        "crisis": [
            _(
                "I am only a program and cannot help you with this, but people can: please call your local emergency "
                "number or a crisis line now, or talk to somebody you trust. You do not have to be alone with this."
            )
        ],
        "sorry": [_("No problem."), _("That is all right.")],
        "test": [_("I am here and can read you."), _("It works: I received your message.")],
        "sure": [
            _("I only repeat what you told me and what my skills work out; I do not guess."),
            _("I cannot say more than what I know from you. If something is wrong, tell me how it is."),
        ],
        "more": [
            _("I have no more to say about that. Ask me something else, or tell me more."),
            _("That is all I have. /memory shows everything that I remember of you."),
        ],
        "emoji": [_("🙂"), _("🙂 What would you like to tell me or ask me?")],
        "unclear": [
            _("I did not understand that. Please write it in words; /help shows what I can do."),
            _("Sorry, I cannot read anything in that. What would you like to ask me?"),
        ],
    }
