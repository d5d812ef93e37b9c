"""The try-it page of a bot: which skill a sentence would call, why, and what would happen. Writes nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _

from bots.admin.ui.access import OPERATOR, access_of
from bots.models import Bot
from bots.operations import skills
from skills import choosing
from skills.choosing import Candidate

if TYPE_CHECKING:
    from bots.admin.ui.base import BotScopedAdmin

    Base = BotScopedAdmin[Bot]
else:
    Base = object

LONGEST = 500
LANGUAGES = (("", ""), ("en", "English"), ("zh-hans", "中文"))


@dataclass(frozen=True, slots=True)
class Shown:
    """One line of the list of candidates."""

    skill_id: int
    name: str
    how: str
    evidence: str
    score: str
    won: bool
    why: str


class SkillTrialMixin(Base):
    """Adds the page to the admin of bots. List it before the admin class."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.trial_view)
        return [path("<int:pk>/try/", view, name="bots_bot_try"), *super().get_urls()]

    def trial_link(self, bot: Bot) -> str:
        """Returns the link for the bot's own page."""
        address = reverse("admin:bots_bot_try", args=(bot.pk,))
        return format_html('<a class="claw-link" href="{}">{}</a>', address, _("Try a sentence"))

    def trial_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Shows the candidates for `?q=` in `?language=`."""
        bot = Bot.objects.filter(pk=pk).first()
        if bot is None:
            raise Http404
        # It runs skills that only read, with their secrets: more than looking.
        if not self.has_view_permission(request, bot) or not access_of(request).allows(pk, OPERATOR):
            raise PermissionDenied
        text = request.GET.get("q", "").strip()[:LONGEST]
        language = request.GET.get("language", "")
        language = language if language in dict(LANGUAGES) else ""
        trial = skills.try_text(bot, text, language) if text else None
        context = {
            **self.admin_site.each_context(request),
            "title": _("Try a sentence: %(bot)s") % {"bot": bot},
            "bot": bot,
            "text": text,
            "language": language,
            "languages": LANGUAGES,
            "trial": trial,
            "candidates": list(_shown(trial.candidates)) if trial is not None else [],
            "values": [(name, str(value)[:200]) for name, value in trial.values.items()] if trial is not None else [],
        }
        return TemplateResponse(request, "admin/bots/bot/try.html", context)


def _shown(candidates: Iterable[Candidate]) -> Iterable[Shown]:
    ways = {
        choosing.COMMAND: _("command"),
        choosing.WORDS: _("words"),
        choosing.PATTERN: _("pattern"),
        choosing.MEANING: _("meaning"),
    }
    reasons = {
        choosing.NOT_MEANT: _("the sentence is about something else"),
        choosing.BELOW: _("not similar enough"),
        choosing.TOOLS_ONLY: _("only the model may call it"),
        choosing.LATER: _("another skill comes first"),
        "": _("called"),
    }
    for one in candidates:
        score = f"{one.score:.2f} / {one.threshold:.2f}" if one.how == choosing.MEANING else ""
        name, won = one.entry.name, one.match is not None
        yield Shown(one.entry.skill_id, name, ways[one.how], one.evidence, score, won, reasons[one.refused])
