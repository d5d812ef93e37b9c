"""ForgetSkill deletes what is about a topic, as a tool. In a message, "forget what I said about ..." asks by itself."""

from __future__ import annotations

from typing import Any, ClassVar

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clawdbot.skills import BaseSkill, Context, Effect, Parameter, SkillError
from skills.notes.lines import lines

_SHOWN = 5
_LONGEST_TOPIC = 100
_EVERYTHING = frozenset({"", "everything", "all", "me", "*", "所有", "全部", "一切", "我"})


class ForgetSkill(BaseSkill):
    """Deletes memories for ever, after the person has seen which.

    It has no trigger words: the dialog recognises such sentences itself and asks with the same words.
    """

    name = "forget"
    description = "Deletes for ever what is remembered about one topic, when the person asks to forget it."
    help: ClassVar[dict[str, str]] = {"en": "Forgets a topic", "zh": "忘记一个话题"}
    as_tool = True
    parameters: ClassVar[tuple[Parameter, ...]] = (
        Parameter("topic", description="Words that the memories hold, such as a name"),
    )
    effects = frozenset({Effect.DESTRUCTIVE})
    confirm = True
    idempotent = True

    def preview(self, context: Any) -> str:
        """Returns what would be deleted, as the dialog's own question lists it."""
        topic = _topic(context)
        found = context.memory.about(topic) if topic else ()
        if not found:
            return ""
        shown = lines(context, found, _SHOWN)
        more = len(found) - len(shown)
        if more > 0:
            shown.append(ngettext("… and %(count)s more", "… and %(count)s more", more) % {"count": more})
        ask = ngettext(
            "This deletes this one thing for ever.", "This deletes these %(count)s things for ever.", len(found)
        )
        title = _("What I remember about “%(query)s”:") % {"query": topic}
        return "\n".join([title, *shown, "", ask % {"count": len(found)}])

    def execute(self, context: Context) -> str:
        topic = _topic(context)
        if topic.casefold() in _EVERYTHING:
            raise SkillError(_("To delete everything that I remember of you, write /forget."))
        count = context.memory.forget(topic)
        if not count:
            return _("I remember nothing about “%(topic)s”, so there is nothing to forget.") % {"topic": topic}
        return ngettext("Done: %(count)s entry was deleted.", "Done: %(count)s entries were deleted.", count) % {
            "count": count
        }


def _topic(context: Context) -> str:
    return str(context.parameters.get("topic") or "").strip()[:_LONGEST_TOPIC]
