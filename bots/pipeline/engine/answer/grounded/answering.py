"""Chooses the answer of a turn for which no model is configured."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from django.utils.translation import gettext as _

from bots.i18n.program import as_typed
from bots.models import Message
from bots.pipeline.engine.answer.grounded import (
    abilities,
    acknowledging,
    amending,
    asking,
    citing,
    clauses,
    declining,
    facts,
    forgetting,
    history,
    history_patterns,
    lists,
    lookup,
    personal,
    quotes,
    ranking,
    recalling,
    relevance,
    replacing,
    small_talk,
    sources,
    telling,
    variants,
    wanted,
    working_out,
)
from bots.pipeline.engine.answer.grounded.asking import Asked
from bots.pipeline.engine.answer.grounded.clauses import Clause, Focus
from bots.pipeline.engine.answer.grounded.fact import Fact
from bots.pipeline.engine.answer.grounded.facts import Facts, Said
from bots.pipeline.engine.answer.grounded.lookup import Found
from bots.pipeline.engine.answer.grounded.plain_text import HAN, asks, plain
from bots.pipeline.engine.answer.grounded.wanted import Wanted
from bots.pipeline.engine.turn import Turn
from memory.consolidation.noise_filter import own_words
from memory.types import Hit, RecentTurn

_PARTS = re.compile(r"[^.!?。！？；;\n]+[.!?。！？；;]*")
_NEVER_QUOTED = frozenset({"forget", "injection", "language", "code", "others", "make", "do", "want"})
"""Kinds of requests that nothing in the memory answers."""
_SURELY = 0.5
"""Share of the words of a question that must be in what is quoted when it may be a request for advice."""
_QUOTED_FIRST = frozenset(("likes", "dislikes", "preference"))
"""What the person says in many ways: their own words are exact, a fact may cut them."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer without a model.

    Attributes:
        text: In the person's language, without the hint.
        kind: What it is, such as "fact", "quote", "small_talk" and "declined".
        hint: What the bot cannot do, or how a model is connected: once in a conversation; else "".
        line: For a quote, the one message that answers best: a small model may word it.
    """

    text: str
    kind: str
    hint: str = ""
    line: str = ""


class Responder:
    """Answers one turn. Reads the person's messages only when an answer needs them."""

    def __init__(self, turn: Turn, recent: Sequence[RecentTurn], hits: Sequence[Hit]) -> None:
        self.turn = turn
        self.text = turn.text
        self.earlier = [one.text for one in recent if one.role == Message.Role.USER]
        self.hits = forgetting.hits_without(hits, self.earlier)
        self._looked_up: dict[str, tuple[Found, Wanted]] = {}
        self.last = next((one.text for one in reversed(recent) if one.role != Message.Role.USER), "")

    @cached_property
    def _everything_said(self) -> tuple[Said, ...]:
        return sources.said(self.turn)

    @cached_property
    def said(self) -> tuple[Said, ...]:
        return tuple(forgetting.without(self._everything_said, lists.changes(self._everything_said)))

    @cached_property
    def amended(self) -> tuple[Said, ...]:
        """What was said, with corrections brought into what they correct."""
        return amending.amended(self.said)

    @cached_property
    def known(self) -> Facts:
        stored = forgetting.facts_without(sources.stored(self.turn), self._everything_said)
        return facts.known(self.amended, stored)

    @cached_property
    def statements(self) -> list[Said]:
        """What was said, without claims that something was said."""
        return [one for one in (*self._older(), *self.amended) if not personal.claims(one.text)]

    def _older(self) -> list[Said]:
        """Messages of the person before those that are read, which the recall found; oldest first."""
        if self.turn.group is not None or not self.said:  # there, memories belong to several people
            return []
        first = self.said[0].at
        found = [hit for hit in self.hits if hit.role == Message.Role.USER and hit.occurred_at < first]
        days = [hit.occurred_at.astimezone(self.turn.zone).date() for hit in found]
        older = [Said(hit.id, hit.text, hit.occurred_at, day) for hit, day in zip(found, days, strict=True)]
        return sorted(older, key=lambda one: one.at)

    @cached_property
    def told(self) -> tuple[Sequence[Clause], Focus]:
        """The clauses of what was said, and what the talk is about."""
        return clauses.told(self.statements)

    @cached_property
    def meanings(self) -> dict[int, float]:
        """By number of the statement: its cosine with the message, as the recall found it."""
        cosines = {hit.id: hit.why["cosine"] for hit in self.hits if "cosine" in hit.why}
        return {number: cosines[one.id] for number, one in enumerate(self.statements) if one.id in cosines}

    @cached_property
    def new(self) -> list[Fact]:
        """What this message states of the person."""
        now = self.turn.now
        this = Said(0, self.text, now, now.astimezone(self.turn.zone).date())
        return acknowledging.new_facts(amending.amended([*self.said, this]), now, self.known)

    def answer(self) -> Answer:
        """Returns the answer, with the hint to a model where this conversation has not had it."""
        found = self._not_again(self._answer())
        if self.turn.staff:
            hints = not self._hinted()
        else:
            hints = found.kind in ("declined", "unknown") and not self._hinted()
        if not hints:
            return found
        return replace(found, hint=_hint(staff=self.turn.staff))

    def _not_again(self, found: Answer) -> Answer:
        """Says so when two questions in a row have the same answer."""
        if found.kind not in ("fact", "quote", "history", "noted", "unknown") or not self.last.startswith(found.text):
            return found
        again = _("As before: %(answer)s") % {"answer": found.text}
        return replace(found, text=again)

    def _hinted(self) -> bool:
        """Tells whether this conversation has had the hint. Queries: 1."""
        said = Message.objects.filter(conversation=self.turn.conversation, role=Message.Role.ASSISTANT)
        return said.filter(**{f"meta__{Message.HINTED}": True}).exists()

    def _answer(self) -> Answer:
        if not self.text.strip():  # only words of others, which are remembered
            return self._noted()
        if found := small_talk.kind(self.text):
            return Answer(self._chosen(small_talk.lines(found)), "small_talk")
        answered = self._asked(self.text)
        if answered is not None and answered.kind != "unknown":
            return answered
        if (mixed := self._mixed()) is not None:
            return mixed
        if (recalled := self._recalled(self.text, answered)) is not None:
            return recalled
        if answered is not None:
            return answered
        if self.new:
            return Answer(acknowledging.note(self.new, self.text), "noted")
        kind = declining.kind(self.text)
        if kind and (declined := self._declined(kind)) is not None:
            return declined
        return self._noted()

    def _asked(self, text: str) -> Answer | None:
        """Returns the answer to a question about the bot, about what was said, or about the person."""
        if (found := self._without_facts(text)) is not None:
            return found
        turn = self.turn
        if (
            history_patterns.MAY_ASK.search(plain(text))
            and (told := history.answer(text, self.said, turn.now, turn.zone)) is not None
        ):
            return Answer(told, "history")
        if (stated := personal.claimed(text, turn.now)) is not None:
            return Answer(personal.checked(stated, self.known, turn.now, turn.zone), "fact")
        asked = personal.asked(text, self.earlier, turn.now) if self._followed(text) is None else None
        if asked is not None and asked.attribute in _QUOTED_FIRST and not asked.stated:
            likes = self._lookup(text)[0].clauses
            if not any(lookup.negates(one) == (asked.attribute != "dislikes") for one in likes) and (
                found := self._found(text, strict=True)
            ):
                return found
        if asked is not None and (told := personal.answer(asked, self.known, turn.now, turn.zone)):
            newer = self._newer(text, personal.latest(asked, self.known))
            return newer or Answer(told, "fact")
        kind = declining.kind(text)
        if (found := self._found(text, strict=asked is None and kind not in ("", "own", "world"))) is not None:
            return found
        if kind not in _NEVER_QUOTED and asks(text) and (by_team := quotes.by_team(self.hits)):
            return self._quoted(by_team)
        if asked is not None:
            return self._unknown(asked)
        if kind == "world" and asks(text) and self._lookup(text)[1].is_personal:
            return Answer(self._chosen(declining.lines("own")), "unknown")
        return None

    def _without_facts(self, text: str) -> Answer | None:
        """Returns what the bot is, a list as it is now, or a sum; None for another message."""
        if about := abilities.kind(text):
            bot = abilities.Bot(self.turn.bot.pk, self.turn.bot.name, self.turn.language, self.turn.staff)
            return Answer(self._chosen(abilities.lines(about, bot)), "bot")
        if kept := lists.answer(text, self._everything_said):
            return Answer(kept, "fact")
        if worked := working_out.answer(
            text, self.last, self.amended, lambda: self.told, (self.turn.now, self.turn.zone)
        ):
            return Answer(worked, "sum")
        return None

    def _unknown(self, asked: Asked) -> Answer:
        if asked.attribute == asking.ABOUT_ME:
            return Answer(_("You have told me nothing about yourself yet."), "unknown")
        return Answer(telling.unknown(asked.subject, asked.attribute), "unknown")

    def _lookup(self, text: str) -> tuple[Found, Wanted]:
        if text not in self._looked_up:
            told, focus = self.told
            asked = self._followed(text) or wanted.read(text, focus)
            self._looked_up[text] = lookup.find(asked, told, focus), asked
        return self._looked_up[text]

    def _followed(self, text: str) -> Wanted | None:
        """Returns a follow-up completed by the questions before it: "and my sister?"; None for another message."""
        focus = self.told[1]
        before: Wanted | None = None
        for one in self.earlier[-4:]:
            if asks(one):
                read = wanted.read(one, focus)
                before = (wanted.inherits(one, read, before, focus) if before is not None else None) or read
            elif (
                before is not None
                and (whole := wanted.inherits(one, wanted.read(one, focus), before, focus)) is not None
            ):
                before = whole
            else:
                before = None
        return wanted.inherits(text, wanted.read(text, focus), before, focus) if before is not None else None

    def _found(self, text: str, *, strict: bool) -> Answer | None:
        """Quotes what answers a question, or, for one about the person, what is nearest to it.

        Args:
            text: The question.
            strict: It may be a request; only what surely answers it is quoted.
        """
        if (
            declining.kind(text) in _NEVER_QUOTED
            or declining.seeks_advice(text)
            or not (asks(text) or self._followed(text))
        ):
            return None
        found, asked = self._lookup(text)
        surely = found.sure and found.own >= _SURELY and not asked.yes_no
        if not found.sure or (strict and not surely):
            return None
        parts = ranking.passages(self.told[0])
        shown = [part for part in parts if any(ranking.holds(part, one) for one in found.clauses)]
        shown = [ranking.widened(one, parts, asked, self.told[1]) for one in shown]
        today = replacing.asks_for_now(text)
        gone = {one.message for one in shown}
        shown = replacing.newest(shown, parts, asked, self.told[1], today=today)
        gone -= {one.message for one in shown}
        return Answer(self._cited(shown, gone), "quote", line=shown[-1].text)

    def _cited(self, shown: Sequence[Clause], gone: Collection[int] = ()) -> str:
        texts = [own_words(one.text) for one in self.statements]
        shown = ranking.complete(shown, ranking.passages(self.told[0]), texts, gone)
        return citing.passages(shown, texts, self.turn.now, self.turn.zone)

    def _recalled(self, text: str, unknown: Answer | None) -> Answer | None:
        """Quotes what has most in common with a question that no rule reads; None when nothing has enough.

        Args:
            text: The message.
            unknown: What the rules say, which know that it was not told; None when no rule reads it.
        """
        kind = declining.kind(text)
        told, focus = self.told
        after = bool(self.earlier) and asks(self.earlier[-1])
        followed = self._followed(text) if asks(text) or not recalling.states(text) else None
        if (kind in _NEVER_QUOTED and kind not in ("do", "want")) or declining.seeks_advice(text):
            return None
        if not (asks(text) or followed or (not self.new and recalling.names_known(text, told, after_question=after))):
            return None
        asked = followed or wanted.read(text, focus)
        least = ranking.LEAST
        if asks(text) and kind not in ("", "own", "world"):
            least = ranking.LIKELY if asked.type else ranking.SURELY
        if (asked.world or asked.how) and not asked.whom:
            least = ranking.SURELY + 0.3
        found = recalling.find(asked, told, focus, self.meanings, strict=unknown is not None, least=least)
        if found is None:
            return None
        said = self._cited(found.passages, found.gone)
        if found.sure:
            return Answer(said, "quote", line=found.passages[-1].text)
        if unknown is not None:
            if not found.related:
                return None
            return Answer(f"{unknown.text}\n{said}", "unknown")
        return Answer(
            _("You have not told me exactly that, so I do not know it. What you said about it:\n%(said)s")
            % {"said": said},
            "unknown",
        )

    def _newer(self, text: str, at: datetime | None) -> Answer | None:
        """Quotes what changes a known fact in words that no rule reads; None without such."""
        if at is None:
            return None
        found, wants = self._lookup(text)
        if found.sure and found.clauses[-1].at > at and lookup.changes(found.clauses[-1]):
            return Answer(self._cited(found.clauses[-1:]), "quote")
        parts = ranking.passages(self.told[0])
        stated = [part for part in parts if part.at == at]
        late = replacing.newest(stated[:1], parts, wants, self.told[1])
        return Answer(self._cited(late[-1:]), "quote") if late and late[-1].at > at else None

    def _mixed(self) -> Answer | None:
        """Answers a message that states something and asks something: "I'm Tom. What can you do?"."""
        parts = [part.strip() for part in _PARTS.findall(self.text) if part.strip()]
        if len(parts) < 2 and "," in self.text.replace("，", ","):
            parts = [part.strip() for part in re.split(r"[,，]", self.text) if part.strip()]
        if len(parts) < 2 or len(parts) > 6:
            return None
        for part in reversed(parts):
            if asks(part) and (answered := self._asked(part)) is not None:
                if not self.new:
                    return answered
                return Answer(f"{acknowledging.note(self.new, self.text)}\n\n{answered.text}", answered.kind)
        return None

    def _declined(self, kind: str) -> Answer | None:
        """Quotes what was said on the subject, or says that it cannot be answered."""
        if kind not in _NEVER_QUOTED:
            found = [hit for hit in quotes.quotable(self.hits, self.text) if not own_words(hit.text)]  # forwarded
            if found := [hit for hit in found if relevance.surely_related(hit)]:
                return self._quoted(found)
        if kind == "forget" and (topic := forgetting.topic(self.text)):
            told = _(
                "From now on I leave out what you said about “%(topic)s”. To delete it for good, write “/forget "
                "%(topic)s”; I show you what goes before it goes."
            )
            return Answer(told % {"topic": topic}, "declined")
        if kind in ("want", "do") and acknowledging.reflection(self.text):
            return None
        return Answer(self._chosen(declining.lines(kind)), "declined")

    def _noted(self) -> Answer:
        words = plain(self.text)
        short = len(words) < 4 if HAN.search(words) else len(words.split()) < 2
        if (
            words
            and short
            and not re.search(r"\d", words)
            and not self.turn.forwards
            and not acknowledging.reflection(self.text)
        ):
            return Answer(self._chosen(small_talk.lines("unclear")), "small_talk")
        said = acknowledging.note((), self.text)
        lines = [_("Noted, I will remember that."), _("All right, I will remember that."), _("I have noted that.")]
        return Answer(said or self._chosen(lines), "noted")

    def _quoted(self, found: Sequence[Hit]) -> Answer:
        return Answer(quotes.quoted(found, self.turn.zone, self.turn.now), "quote", line=found[0].text)

    def _chosen(self, lines: Sequence[str]) -> str:
        return variants.chosen(lines, self.text, self.last)


def _hint(*, staff: bool) -> str:
    if staff:
        told = _(
            "(No model that could say more is connected; I answer from commands, skills and memory only. To connect "
            "one: Admin → Model providers, or `python manage.py provider add NAME --endpoint URL --model MODEL`. "
            "Type /help to see what I can do.)"
        )
        return as_typed(told)
    return _("(I answer only from what you told me, and with my commands and skills. Type /help to see what I can do.)")
