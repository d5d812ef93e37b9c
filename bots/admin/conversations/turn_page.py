"""The page of one turn: the messages it answered, what its prompt held, the model, the cost and the times."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bots.admin import tools
from bots.admin.ui.access import MANAGER, access_of
from bots.i18n.failure_texts import describe_column
from bots.models import Conversation, EvaluationSet, Message, TurnUsage, prompt_parts
from memory.models import MemoryEntry
from skills.models import ToolCall

if TYPE_CHECKING:
    from bots.admin.ui.base import BotScopedAdmin

    Base = BotScopedAdmin[Conversation]
else:
    Base = object

_SETS = 50
NAMES = {
    "instructions": gettext_lazy("Instructions and time"),
    "summary": gettext_lazy("Summary of what was said before"),
    "memories": gettext_lazy("Memories"),
    "turns": gettext_lazy("Recent messages"),
    "files": gettext_lazy("Files"),
    "tools": gettext_lazy("Tools and their results"),
    "message": gettext_lazy("The message itself"),
}


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the prompt; `share` is its percentage of the whole prompt."""

    label: str
    tokens: int
    share: int


@dataclass(frozen=True, slots=True)
class Note:
    """A memory that the prompt showed. `entry` is None when it was deleted since."""

    entry: MemoryEntry | None
    score: str


@dataclass(frozen=True, slots=True)
class TurnPage:
    """What the page shows.

    Attributes:
        asked: The person's message; None for a message of the team.
        answer: The bot's answer; None when there is none.
        told: The messages of the platform that were answered together: id, text and what became of it.
        held: What the prompt held, in numbers; None for an answer without a model.
        parts: The parts of the prompt.
        notes: The memories in it, as they are now.
        calls: The tool calls, in their order.
        facts: Labels and values: model, provider, cost, times.
    """

    asked: Message | None
    answer: Message | None
    told: tuple[tuple[str, str], ...]
    held: prompt_parts.PromptParts | None
    parts: tuple[Part, ...]
    notes: tuple[Note, ...]
    calls: tuple[ToolCall, ...]
    facts: tuple[tuple[str, str], ...]

    @property
    def messages(self) -> tuple[Message, ...]:
        """The question and the answer, as far as there are any."""
        return tuple(message for message in (self.asked, self.answer) if message is not None)


class TurnPageMixin(Base):
    """Adds the page of a turn to the admin of conversations. List it before the admin class."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.turn_view)
        return [path("<int:pk>/turn/<int:message>/", view, name="bots_conversation_turn"), *super().get_urls()]

    def turn_view(self, request: HttpRequest, pk: int, message: int) -> HttpResponse:
        """Shows the turn of a message."""
        conversation = self.get_object(request, str(pk))
        if conversation is None:
            raise Http404
        if not self.has_view_permission(request, conversation):
            raise PermissionDenied
        shown = Message.objects.select_related("inbound").filter(conversation=conversation, pk=message).first()
        if shown is None:
            raise Http404
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": conversation,
            "title": _("How it came about"),
            "turn": build(conversation, shown),
            "sets": _sets(request, conversation),
        }
        return TemplateResponse(request, "admin/bots/conversation/turn.html", context)


def _sets(request: HttpRequest, conversation: Conversation) -> list[tuple[int | str, str]] | None:
    """Returns the sets of questions that the user may add the turn to; None when they may not."""
    may = access_of(request).allows(conversation.bot_id, MANAGER)
    if not may or not request.user.has_perm("bots.add_evaluationcase"):
        return None
    rows = EvaluationSet.objects.filter(bot=conversation.bot_id).values_list("pk", "name")[:_SETS]
    return list(rows) or [("", _("a new set"))]


def build(conversation: Conversation, message: Message) -> TurnPage:
    """Reads the turn of a message in at most five queries."""
    of_turn = {message.role: message}
    if message.inbound_id is not None:
        rows = Message.objects.select_related("inbound").filter(inbound=message.inbound_id, conversation=conversation)
        of_turn |= {row.role: row for row in rows}
    asked, answer = of_turn.get(Message.Role.USER), of_turn.get(Message.Role.ASSISTANT)
    held = prompt_parts.of(answer) if answer is not None else None
    return TurnPage(
        asked=asked,
        answer=answer,
        told=tuple(_told(asked)),
        held=held,
        parts=tuple(_parts(held)) if held is not None else (),
        notes=tuple(_notes(conversation, held.notes)) if held is not None else (),
        calls=tuple(tools.calls_of(message)),
        facts=tuple(_facts(conversation, asked, answer)),
    )


def _told(asked: Message | None) -> Iterator[tuple[str, str]]:
    payload = asked.inbound.payload if asked is not None and asked.inbound is not None else {}
    for part in payload.get("album_parts") or ():
        if isinstance(part, Mapping):
            text = str(part.get("text") or "")
            yield str(part.get("id") or _("deleted")), text or (_("a file") if part.get("files") else "–")


def _parts(held: prompt_parts.PromptParts) -> Iterator[Part]:
    for name, tokens in held.tokens.items():
        yield Part(str(NAMES.get(name, name)), tokens, round(100 * tokens / max(1, held.total)))


def _notes(conversation: Conversation, notes: Sequence[tuple[int, float | None]]) -> Iterator[Note]:
    rows = MemoryEntry.objects.for_person(conversation.bot_id, conversation.person_id)
    known = {row.pk: row for row in rows.filter(pk__in=[number for number, _score in notes])}
    for number, score in notes:
        yield Note(known.get(number), "" if score is None else f"{score:.2f}")


def _facts(conversation: Conversation, asked: Message | None, answer: Message | None) -> Iterator[tuple[str, str]]:
    meta: Mapping[str, Any] = answer.meta if answer is not None and isinstance(answer.meta, dict) else {}
    usage = _usage(conversation, answer) if "prompt_tokens" in meta else None
    provider = str(meta.get("provider") or "")
    if provider:
        yield _("Provider"), _("built-in") if provider == Message.BUILT_IN else provider
    if meta.get("model"):
        yield _("Model"), str(meta["model"])
    if meta.get("skill"):
        yield _("Skill"), str(meta["skill"])
    if "prompt_tokens" in meta:
        tokens = {"prompt": meta.get("prompt_tokens") or 0, "completion": meta.get("completion_tokens") or 0}
        yield _("Tokens"), _("%(prompt)s read, %(completion)s written") % tokens
    if usage is not None:
        yield _("Cost"), _money(usage.cost)
        yield _("Recall"), _("%(n)s ms") % {"n": usage.recall_ms}
    if meta.get("model_ms"):
        yield _("Model's time"), _("%(n)s ms") % {"n": round(meta["model_ms"])}
    if usage is not None:
        yield _("Whole turn"), _("%(n)s ms") % {"n": usage.total_ms}
    if asked is not None and answer is not None:
        waited = (answer.occurred_at - asked.occurred_at).total_seconds()
        yield _("From the message to the answer"), _("%(n)s s") % {"n": f"{waited:.1f}"}
    if asked is not None and asked.inbound is not None:
        yield _("Attempts"), str(asked.inbound.attempts)
        if error := describe_column(asked.inbound, "error"):
            yield _("Error"), error


def _usage(conversation: Conversation, answer: Message | None) -> TurnUsage | None:
    """Returns the usage of the answer: the first row of the conversation that is not older than it."""
    if answer is None:
        return None
    since: datetime = answer.occurred_at
    answers = (TurnUsage.Purpose.TURN, TurnUsage.Purpose.TOOLS)
    rows = TurnUsage.objects.filter(conversation=conversation, purpose__in=answers, created_at__gte=since)
    return rows.order_by("created_at", "id").first()


def _money(cost: Decimal | None) -> str:
    return "–" if cost is None else f"{cost:.6f}".rstrip("0").rstrip(".")
