"""Decides what a message means and answers it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from django.db import DatabaseError
from django.utils import translation
from django.utils.translation import gettext as _

from bots import metrics
from bots.llm import candidates, complete, routing
from bots.llm.errors import Cancelled, LimitReached, NoModelAvailable, PromptRefused
from bots.llm.types import Completion, Messages, Target
from bots.models import Conversation, Message
from bots.pipeline import windows
from bots.pipeline.engine.answer import attachments, continuing, outage, prompt, recent_turns, recordings, tool_loop
from bots.pipeline.engine.answer.others_words import others_words
from bots.pipeline.engine.answer.over_limit import without_model
from bots.pipeline.engine.answer.prompt_inputs import Inputs
from bots.pipeline.engine.dialog import (
    approving,
    buttons,
    commands,
    flow_catalogue,
    flow_frames,
    forgetting,
    forms,
    frames,
    handover,
    restating,
    retrying,
    undoing,
)
from bots.pipeline.engine.turn import Reply, Turn
from clawdbot import tracing
from clawdbot.reasons import Reason, why
from memory import database
from memory.store import MemoryStore
from memory.types import Recall, RecentTurn
from skills import choosing

logger = logging.getLogger(__name__)

RECALLED = 8
KNOWN = 4  # facts and digests, in addition
LONGEST_QUESTION = 2000  # characters; more words blur what recall looks for
NOTHING = Recall((), None, 0.0, degraded=False)


def respond(turn: Turn) -> Reply:
    """Answers a turn in the person's language. Writes no row of the turn; the turn's values change in memory only."""
    with translation.override(turn.language):
        # an operator has decided about a tool call, or nobody has in time
        return _answer(turn) if turn.goes_on is not None else restating.finish(turn, _respond(turn))


def _respond(turn: Turn) -> Reply:
    frames.raise_own(turn)
    if (too_late := buttons.press(turn)) is not None:
        return too_late
    command = commands.parse(turn) if not turn.pressed else None
    again = command is not None and command[0] in retrying.NAMES
    if command is not None and not again:
        return commands.run(turn, *command)
    if (reply := handover.reply(turn)) is not None:
        return reply
    if turn.stopped:
        return _stopped(turn, "")
    if turn.pressed:  # it answers the open question, whatever else its words mean
        return _by_dialog(turn) or _answer(turn)
    if again or retrying.asks(turn.text):
        if (repeated := retrying.unanswered(turn, by_word=not again)) is not None:
            turn.listen(repeated)
            return _answer(repeated)
        if command is not None:
            return commands.run(turn, *command)
    if (topic := forgetting.requested(turn.text)) is not None:
        return commands.forget(turn, topic)
    if not turn.whole_text and turn.quote is None and (unread := _without_words(turn)) is not None:
        return unread
    return _by_dialog(turn) or _answer(turn)


def _by_dialog(turn: Turn) -> Reply | None:
    """Returns the answer of what is open, of a flow or skill, or to a lone "stop"; None when a model has to answer."""
    if turn.conversation.state == Conversation.State.COLLECTING and (reply := frames.take(turn)) is not None:
        return reply
    return None if turn.goes_on is not None else _begun(turn)  # a yes or no to a tool call starts nothing else


def _begun(turn: Turn) -> Reply | None:
    """Returns the answer of the flow or skill that the message starts or goes on with, or to a lone "stop"."""
    if (reply := flow_frames.go_on_with_parked(turn) or undoing.undo(turn)) is not None:
        return reply
    if (called := flow_catalogue.called_in(turn)) is not None:
        return flow_frames.begin(turn, called)
    if (match := flow_catalogue.skill_called(turn)) is not None:
        return _by_skill(turn, match)
    return commands.run(turn, "stop", "") if windows.is_stop(turn.text) else None


def _by_skill(turn: Turn, match: choosing.Match) -> Reply | None:
    """Returns the answer of a skill; None when the message asks for more and a model can call what it needs."""
    if _left_to_model(turn, match):
        return None
    if not choosing.asks_for_two(turn.bot.pk, turn.text, turn.language):
        return forms.start_skill(turn, match)
    if tool_loop.of_turn(turn):
        return None
    reply = forms.start_skill(turn, match)
    if not reply.text:
        return reply
    return replace(reply, text=f"{_('One thing at a time; please write the rest again afterwards.')}\n\n{reply.text}")


def _left_to_model(turn: Turn, match: choosing.Match) -> bool:
    """Returns whether the message asks for more than the skill does, and a model can call the skill as a tool."""
    return choosing.asks_more(match) and any(
        one.tool.source == "skill" and one.tool.source_id == match.entry.skill_id for one in tool_loop.of_turn(turn)
    )


def _without_words(turn: Turn) -> Reply | None:
    """Returns the answer to a message without text; None when a model can read its files."""
    if turn.event.forwards and not turn.forwards:
        return Reply(_("I could not read the messages that you forwarded. Could you copy their text?"))
    if (reply := recordings.unheard(turn)) is not None:
        return reply
    if attachments.readable(turn.files, sees=any(target.can_see for target in routing.of_bot(turn.bot.pk))):
        return None
    if turn.files:
        what = attachments.describe(turn.files)
        return Reply(_("I received %(what)s, but I cannot read that. Could you write what it says?") % {"what": what})
    return Reply(_("I can read text only for now. Could you write it?"))


def _answer(turn: Turn) -> Reply:
    """Recalls memories and asks the model; answers from what is known when no model is configured.

    Raises:
        NoSlot: All slots of this process are taken.
        NoModelAvailable: No configured model answers, and the turn may wait for one.
    """
    if turn.in_outage and (pause := candidates.wait_s(routing.of_bot(turn.bot.pk))) > 0:  # without a recall and a slot
        return _outage(turn, NoModelAvailable(Reason("no_model_answered"), retry_after=pause))
    turn.take_slot()
    recent = [said for said in recent_turns.latest(turn) if said.id not in turn.repeated_messages]
    unfinished = continuing.unfinished(turn, recent)
    if unfinished is None:
        recalled = _recall(turn, turn.whole_text, without=recent)
    else:
        about = _recall(turn, continuing.question(recent, turn.text), without=recent)
        recalled = replace(about, vector=None, embedder="")  # it is not the vector of this message
    try:
        return replace(_ask_within_limits(turn, recent, recalled, unfinished), **_of_repeated(turn))
    except Cancelled as stopped:
        return _stopped(turn, stopped.text, recalled)
    except PromptRefused:
        # It is no memory either: recall would bring it back into a prompt.
        text = _("The language model refused this message. Please say it in other words, or in fewer.")
        return Reply(text, meta={Message.REFUSED: True}, settles=turn.repeats)
    except LimitReached:
        if turn.past is not None:
            raise
        return without_model(turn, partial(_built_in, recent=recent))
    except NoModelAvailable as error:
        if routing.of_bot(turn.bot.pk):
            return _outage(turn, error, recalled)
        return _built_in(turn, recent)


def _of_repeated(turn: Turn) -> dict[str, Any]:
    """Returns the values of a reply to messages that the person has said before; none for an ordinary turn."""
    return {"settles": turn.repeats, "remember_question": False} if turn.repeats else {}


def _stopped(turn: Turn, so_far: str, recalled: Recall = NOTHING) -> Reply:
    """Returns the reply to a person who asked to stop: what the model had written so far."""
    if so_far.strip():
        text = f"{so_far.rstrip()}{continuing.CUT_MARK}"
        return _reply(text, recalled, {"stopped": True}, remember_answer=False, **_of_repeated(turn))
    told = commands.stopped(turn)
    meta = told.meta | {"stopped": True}
    return replace(told, remember=True, remember_answer=False, meta=meta, **_of_repeated(turn))


def _outage(turn: Turn, error: NoModelAvailable, recalled: Recall = NOTHING) -> Reply:
    """Raises the error while the turn may wait for a model; then returns the outage sentence."""
    if not error.permanent and turn.may_wait():
        raise error
    return outage.reply(
        turn.bot,
        turn.language,
        why(error),
        retried=bool(turn.repeats),
        user_vector=recalled.vector,
        user_embedder=recalled.embedder,
        recall_ms=recalled.ms,
    )


def _built_in(turn: Turn, recent: Sequence[RecentTurn]) -> Reply:
    """Answers from what is known, without a model."""
    # Its patterns take a second to compile, which commands and bots with a model need not spend.
    from bots.pipeline.engine.answer.grounded import answering, wording

    # the responder sees no recent turns, so their memories must not be left out of the recall
    recalled = _recall(turn, turn.whole_text, without=())
    found = answering.Responder(turn, recent, recalled.hits).answer()
    completion = None
    if found.line and wording.possible(found.line, turn.text):
        completion = wording.worded(turn.bot, turn.text, found.line, turn.cancelled)
    meta = _meta(recalled, Message.BUILT_IN) | ({Message.HINTED: True} if found.hint else {})
    text = "\n\n".join(filter(None, (completion.text if completion else found.text, found.hint)))
    # Its answer repeats memories or explains the set-up; remembering it would crowd out what people said.
    return _reply(text, recalled, meta, remember_answer=False, completion=completion, **_of_repeated(turn))


def _ask_within_limits(
    turn: Turn, recent: Sequence[RecentTurn], recalled: Recall, unfinished: RecentTurn | None
) -> Reply:
    """Asks the model; if it refuses the prompt, asks once more with this message alone."""
    try:
        return _ask_model(turn, recent, recalled, unfinished=unfinished)
    except PromptRefused:
        if not recent and not recalled.hits and not recalled.derived and not turn.conversation.summary:
            raise
        # An older message or memory may be what it refuses, or too much.
        return _ask_model(turn, (), replace(recalled, hits=(), derived=()), summary="")


def _question(text: str) -> str:
    """Returns what recall looks for: of a long message the beginning and the end, where questions stand."""
    half = LONGEST_QUESTION // 2
    return text if len(text) <= LONGEST_QUESTION else f"{text[:half]} … {text[-half:]}"


def _recall(turn: Turn, text: str, without: Sequence[RecentTurn]) -> Recall:
    """Recalls memories that fit the text, except those of messages that are in the prompt anyway."""
    try:
        recalled = MemoryStore(turn.bot.pk).recall(
            turn.scope,
            _question(text),
            k=RECALLED,
            derived=KNOWN,
            now=turn.now.astimezone(turn.zone),
            exclude_message_ids=[*(message.id for message in without), *(turn.past.hidden if turn.past else ())],
            as_of=turn.as_of,
            reranked=turn.bot.rerank,
            asking=False,
        )
    except DatabaseError as error:
        if not database.separate():
            raise
        # An answer without memories is better than none; `/readyz` names the memory database.
        logger.warning("memory: recall failed: %s", type(error).__name__)
        database.close_if_broken()
        metrics.recall(0.0, "failed")
        return replace(NOTHING, degraded=True)
    metrics.recall(recalled.ms / 1000)
    tracing.record("recall", recalled.ms / 1000, hits=len(recalled.hits))
    return recalled


def _ask_model(
    turn: Turn,
    recent: Sequence[RecentTurn],
    recalled: Recall,
    *,
    summary: str | None = None,
    unfinished: RecentTurn | None = None,
) -> Reply:
    said = tuple(
        (message.role, continuing.without_mark(message.text) if message is unfinished else recent_turns.words(message))
        for message in recent
    )
    files = [*attachments.contents(turn.quoted_files, quoted=True), *attachments.contents(turn.files)]
    shown: dict[str, Any] = {}
    text = turn.text  # what comes while tools are called stands behind their results

    def messages(target: Target, taken: int = 0) -> Messages:
        built = prompt.build(
            Inputs(
                instructions=turn.bot.instructions,
                bot_name=turn.bot.name,
                person_name=turn.person.display_name,
                now=turn.now.astimezone(turn.zone),
                hits=recalled.hits,
                summary=turn.conversation.summary if summary is None else summary,
                recent=said,
                text=text if unfinished is None else continuing.request(text),
                known=recalled.derived,
                others=others_words(turn),
                files=files,
                note=attachments.notes(turn.files, turn.quoted_files, target),
            ),
            target,
            max_reply_tokens=turn.bot.max_reply_tokens,
            image_tokens=attachments.image_tokens((*turn.quoted_files, *turn.files), target) + taken,
            longest=turn.bot.context_tokens,
        )
        shown.update(built.shown)
        if taken:
            shown["parts"] = {**shown["parts"], "tools": [4 * taken, 0]}  # characters: four a token
        return attachments.with_images(built.messages, (*turn.quoted_files, *turn.files), target)

    ask = partial(
        complete,
        bot=turn.bot,
        cancelled=turn.cancelled if turn.on_token is not None else _after_a_second(turn.cancelled),
        allow_demo=False,  # it only words what is known (see `grounded`)
        counts_failures=turn.past is None,
        has_image=any(map(attachments.is_image, (*turn.quoted_files, *turn.files))),
        owners=turn.owners,
        payments=turn.payments,
    )
    turn.begin_flow = partial(flow_frames.begin_by_model, turn)
    tools = tool_loop.of_turn(turn) if unfinished is None else ()
    if tools or turn.goes_on is not None:
        return _with_tools(turn, tool_loop.run(turn, tools, messages, ask, vector=recalled.vector), recalled, shown)
    return _of_completion(recalled, ask(messages, on_token=turn.on_token, on_restart=turn.on_restart), shown)


def _with_tools(turn: Turn, outcome: tool_loop.Outcome, recalled: Recall, shown: dict[str, Any]) -> Reply:
    """Returns the reply of a turn whose model was offered tools."""
    if outcome.completion is None or (outcome.calls == 0 and not outcome.own):
        if outcome.completion is not None:
            return _of_completion(recalled, outcome.completion, shown)
        return _reply(outcome.text, recalled, _meta(recalled, ""), parts=outcome.parts, remember_answer=False)
    reply = _of_completion(recalled, outcome.completion, shown)
    meta = reply.meta | {"tool_calls": outcome.calls}
    if outcome.stopped:
        meta |= {"tools_stopped": outcome.stopped}
    if outcome.asked is not None:
        approving.ask(turn, outcome.asked.question, outcome.asked.text)
        reply = replace(reply, text=outcome.text, remember_answer=False)
    kept = reply.remember_answer and not outcome.own and not frames.asks_now(turn)
    parts = outcome.parts or ((reply.text, *outcome.files) if outcome.files else ())
    return replace(reply, meta=meta, parts=parts, remember_answer=kept)


def _of_completion(recalled: Recall, completion: Completion, shown: dict[str, Any]) -> Reply:
    meta = _meta(recalled, completion.provider) | {
        "model": completion.model,
        "demo": completion.is_demo,
        "prompt_tokens": completion.prompt_tokens,
        "completion_tokens": completion.completion_tokens,
        "model_ms": completion.total_ms,
        "prompt": shown | ({"tokens": last} if (last := completion.last_prompt_tokens) else {}),
    }
    if not completion.cut:
        return _reply(completion.text, recalled, meta, completion=completion)
    return _reply(
        f"{completion.text}{continuing.CUT_MARK}",
        recalled,
        meta | {"cut": completion.cut},
        completion=completion,
        remember_answer=completion.cut != "content_filter",
    )


def _after_a_second(cancelled: Callable[[], bool]) -> Callable[[], bool]:
    """Returns the check for an answer that comes as a whole: a query only when the model is slow."""
    first = time.monotonic() + 1.0
    return lambda: time.monotonic() >= first and cancelled()


def _reply(text: str, recalled: Recall, meta: dict[str, object], **more: Any) -> Reply:
    """Returns a reply to be remembered with its question; the recall has already embedded the question."""
    return Reply(
        text,
        remember=True,
        user_vector=recalled.vector,
        user_embedder=recalled.embedder,
        recall_ms=recalled.ms,
        meta=meta,
        **more,
    )


def _meta(recalled: Recall, provider: str) -> dict[str, object]:
    return {
        "provider": provider,
        "recalled": [{"id": hit.id, "score": round(hit.score, 3)} for hit in recalled.hits],
        "degraded": recalled.degraded,
        **({"not_reranked": recalled.not_reranked} if recalled.not_reranked else {}),
    }
