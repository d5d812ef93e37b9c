"""What a message means for the open question of a flow: an answer, a correction, a skip, or something else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bots.pipeline.engine.dialog import flow_catalogue, flow_words, frames, leaving, shown, timers
from bots.pipeline.engine.dialog.flow_run import Run, go_on, hand_over, question, reply
from bots.pipeline.engine.turn import Reply
from clawdbot.flows import Collect, Confirm, Unfit, corrections
from clawdbot.flows.corrections import Correction
from clawdbot.flows.values import check, is_canonical, named_in, read, yes_or_no
from clawdbot.flows.walk import path, set_slot
from skills.parameters import is_sentence

STRIKES = 3
MOST_TRIES = 5  # answers that do not fit, before the flow is set aside
LISTED_FROM = 2
"""From so many values on, the answer to a cancel lists them: whoever begins again need not remember them."""
_SHORT = (5, 8)  # words, Chinese characters of an answer without more in it
_LONGEST_NUMBER = (8, 12)  # a number in a longer text may count anything
_NOTHING = frozenset(
    ("", "null", "unknown", "unspecified", "not given", "not provided", "not specified", "tbd", "未提供")
)
_MOMENTS = ("date", "time", "datetime")


def collected(run: Run, step: Collect) -> Reply | None:
    """Takes the message at the question of a slot. None: it is about something else."""
    text = run.turn.text
    is_short = bool(run.turn.pressed) or not is_sentence(text, *_SHORT)
    if (pressed := _pressed(run, step)) is not None:
        return _fill_with(run, step, pressed)
    if step.type in ("choice", "yes_no") and is_short and _fits(run, step):
        return _fill(run, step)
    if (back := _back(run)) is not None:
        return back
    if (left := _left(run, step)) is not None:
        return left
    if not step.free and (found := _correction(run, step.slot)) is not None:
        return _corrected(run, found)
    if _is_other(run, step):
        return None
    if _fits(run, step):
        return _fill(run, step)
    if is_sentence(text, *_SHORT) and step.type not in ("text", "email", "phone"):
        return None
    return _strike(run, step, _why_not(run, step))


def confirmed(run: Run, step: Confirm) -> Reply | None:
    """Takes the message at a confirmation. Only a clear yes goes on."""
    text = run.turn.text
    if (back := _back(run)) is not None:
        return back
    answer = yes_or_no(text)
    if answer:
        run.done.append(run.frame.step)
        return go_on(run)
    if answer is False or corrections.says_wrong(text):
        if run.frame.tries:
            return _drop(run)
        run.frame.tries += 1
        frames.ask(run.turn, run.frame)
        return reply(run, _("Then I have not done anything. What should be different? “cancel” drops it."))
    if leaving.cancels(text):
        return _drop(run)
    if (found := _correction(run, "")) is not None:
        return _corrected(run, found)
    if (bare := _bare_value(run)) is not None:
        return _corrected(run, bare)
    if _is_aside(run) or is_sentence(text, *_SHORT):
        return None
    return _again(run, _("I go ahead only with a clear yes."))


def retried(run: Run) -> Reply | None:
    """Takes the message at the question whether a failed effect is tried again."""
    answer = yes_or_no(run.turn.text)
    if answer:
        return go_on(run)
    if answer is False or leaving.cancels(run.turn.text):
        return _drop(run)
    if _is_aside(run) or is_sentence(run.turn.text, *_SHORT):
        return None
    return _again(run, _("Please answer yes or no."))


def prefill(run: Run, text: str) -> None:
    """Takes values from the message that starts the flow, as far as it names them beyond doubt."""
    types: set[str] = set()
    for step in run.flow.collects():
        # Two days in one message cannot be told apart, so only the first slot of a type takes one.
        if step.type in ("choice", "email", *_MOMENTS) and step.type not in types:
            types.add(step.type)
            if (value := named_in(step, text, run.around, run.slots)) is not None:
                run.slots[step.slot] = value


def prefill_by_model(run: Run, given: Mapping[str, Any]) -> None:
    """Takes the values that a model has read from the talk, as far as they fit. The rest is asked.

    Where the next question is for a value that does not fit, the answer begins with the reason.
    """
    unfit: dict[str, Unfit] = {}
    for step in run.flow.collects():
        value = given.get(step.slot)
        if value is None or step.slot in run.slots or _is_empty(step, value):
            continue
        try:
            run.slots[step.slot] = _of_model(run, step, value)
        except Unfit as why:
            unfit[step.slot] = why
    at = path(run.flow, run.slots, set(run.done))[-1]
    following = run.flow.steps[at] if at < len(run.flow.steps) else None
    if isinstance(following, Collect) and following.slot in unfit:
        run.said.append(shown.reason(unfit[following.slot], following, run.turn.language))


def _is_empty(step: Collect, value: Any) -> bool:
    """Returns whether a model filled in that there is no value, as in "unknown"."""
    if not isinstance(value, str) or step.choices:
        return False
    return value.strip(" -?.").lower() in _NOTHING or flow_words.skips(value)


def _of_model(run: Run, step: Collect, value: Any) -> Any:
    if is_canonical(step.type, value):
        check(step, value, run.around, run.slots)
        return value
    words = str(value).replace("T", " ") if step.type == "datetime" else str(value)
    return read(step, words, run.around, run.slots)


def _left(run: Run, step: Collect) -> Reply | None:
    """Answers a message that does not want to answer: it skips, cancels or asks for a person."""
    text = run.turn.text
    declines = yes_or_no(text) is False
    if flow_words.skips(text) or declines:
        if not step.required:
            return _skip(run, step)
        if not (step.type == "text" and step.free):
            return _strike(run, step, _("I need this to go on; “cancel” drops it."))
    if leaving.cancels(text):
        return _drop(run)
    if run.frame.tries >= STRIKES and flow_words.wants_person(text):
        return hand_over(run, f"{run.flow.name}: {step.slot}")
    if corrections.says_wrong(text) and any(value is not None for value in run.slots.values()):
        return _again(run, _("What should be different? For example: “the %(name)s is …”.") % {"name": _latest(run)})
    return None


def _back(run: Run) -> Reply | None:
    """Answers the wish to go to the question before, or to begin anew; None for any other message."""
    anew = flow_words.starts_over(run.turn.text)
    if not anew and not flow_words.goes_back(run.turn.text):
        return None
    locked = run.frame.data.get("locked", ())
    way = (run.flow.steps[index] for index in path(run.flow, run.slots, set(run.done))[:-1])
    asked = [step.slot for step in way if isinstance(step, Collect)]
    if not asked:
        return _again(run, _("This is the first question."))
    dropped = asked if anew else asked[-1:]
    if not set(dropped).isdisjoint(locked):
        return _again(run, _("What was before this is done already, so I cannot go back."))
    for slot in dropped:
        del run.slots[slot]
    if anew:
        run.slots.clear()
        run.done.clear()
    run.frame.tries = 0
    run.said.append(_("All right, from the beginning.") if anew else _("All right, one question back."))
    return go_on(run)


def _latest(run: Run) -> str:
    filled = [step for step in run.flow.collects() if run.slots.get(step.slot) is not None]
    return filled[-1].name(run.turn.language)


def _is_other(run: Run, step: Collect) -> bool:
    """Returns whether the message is about something else than the question."""
    if step.free:
        return False
    if not is_sentence(run.turn.text, *_SHORT) and step.type != "text" and _fits(run, step):
        return False
    if _is_aside(run):
        return True
    return step.type in ("number", "integer") and is_sentence(run.turn.text, *_LONGEST_NUMBER)


def _is_aside(run: Run) -> bool:
    """Returns whether the message is a question, a request or a greeting, whatever question is open."""
    text = run.turn.text
    return leaving.changes_subject(text) or flow_words.chats(text) or _calls_other(run)


def _calls_other(run: Run) -> bool:
    called = flow_catalogue.called_in(run.turn)
    return (called is not None and called.known.key != run.frame.flow) or (
        flow_catalogue.skill_named(run.turn) is not None
    )


def _fits(run: Run, step: Collect) -> bool:
    return _why_not(run, step) is None


def _why_not(run: Run, step: Collect) -> str | None:
    try:
        read(step, run.turn.text, run.around, run.slots)
    except Unfit as unfit:
        return shown.reason(unfit, step, run.turn.language)
    return None


def _fill(run: Run, step: Collect) -> Reply:
    return _fill_with(run, step, read(step, run.turn.text, run.around, run.slots))


def _pressed(run: Run, step: Collect) -> str | None:
    """Returns the choice of the pressed button, also where another one has the same label."""
    place = int(run.turn.pressed.partition(".")[2] or 0) - 1
    if not 0 <= place < len(step.choices) or step.choices[place].shown(run.turn.language) != run.turn.text:
        return None
    return step.choices[place].value


def _fill_with(run: Run, step: Collect, value: Any) -> Reply:
    text = run.turn.text
    set_slot(run.flow, run.slots, step.slot, value, run.around)
    if step.type in _MOMENTS:  # "Friday at three" answers the next question too
        for other in run.flow.collects():
            if other.type in _MOMENTS and other.type != step.type and other.slot not in run.slots:
                if (value := named_in(other, text, run.around, run.slots)) is not None:
                    run.slots[other.slot] = value
                break
    return go_on(run)


def _skip(run: Run, step: Collect) -> Reply:
    run.slots[step.slot] = None
    return go_on(run)


def _drop(run: Run) -> Reply:
    frames.pop(run.turn)
    timers.follow(run.turn)
    told = _("All right, I dropped %(what)s.") % {"what": run.label()}
    given = shown.lines(run.flow, run.slots, run.turn.language)
    if len(given) < LISTED_FROM or isinstance(run.step(), Confirm):  # a confirmation has just listed them
        return reply(run, told)
    return reply(run, "\n".join([told, _("You had told me:"), *given]))


def _correction(run: Run, open_slot: str) -> Correction | None:
    return corrections.find(run.flow, run.slots, run.turn.text, run.around, open_slot)


def _bare_value(run: Run) -> Correction | None:
    """Returns the correction that a value alone is at a confirmation: "Friday" when only one slot takes it."""
    if is_sentence(run.turn.text, *_SHORT):
        return None
    found = []
    for step in run.flow.collects():
        if run.slots.get(step.slot) is not None and step.type not in ("text", "yes_no"):
            value = named_in(step, run.turn.text, run.around, run.slots)
            found += [Correction(step, value)] if value is not None else []
    return found[0] if len(found) == 1 else None


def _corrected(run: Run, found: Correction) -> Reply:
    step, language = found.step, run.turn.language
    if step.slot in run.frame.data.get("locked", ()):
        return _again(run, _("That is already done with the former value, so it cannot be changed here any more."))
    if found.unfit is not None:
        return _again(run, shown.reason(found.unfit, step, language))
    dropped = set_slot(run.flow, run.slots, step.slot, found.value, run.around)
    run.frame.tries = 0
    changed = {"name": step.name(language), "value": shown.value(step, found.value, language)}
    run.said.append(_("Changed – %(name)s: %(value)s.") % changed)
    if dropped:
        names = _(", ").join(one.name(language) for one in run.flow.collects() if one.slot in dropped)
        run.said.append(_("With that I have to ask again: %(names)s.") % {"names": names})
    return go_on(run)


def _strike(run: Run, step: Collect, reason: str | None) -> Reply:
    """Says in one message why the answer does not fit and asks again; after three tries offers ways out."""
    run.frame.tries += 1
    if run.frame.tries >= MOST_TRIES:
        return _skip(run, step) if not step.required else _set_aside(run)
    said = reason or _("I did not understand that.")
    if run.frame.tries < STRIKES:
        return _again(run, said)
    ways = [_("Some ways out:")]
    if step.choices:
        listed = _(", ").join(one.shown(run.turn.language) for one in step.choices)
        ways.append(_("- choose one of: %(choices)s") % {"choices": listed})
    if not step.required:
        ways.append(_("- “skip” leaves it open"))
    ways += [_("- “person” brings you to someone of our team"), _("- “cancel” drops it")]
    return _again(run, said, "\n".join(ways))


def _again(run: Run, reason: str, more: str = "") -> Reply:
    frames.ask(run.turn, run.frame)
    timers.follow(run.turn)
    asked = question(run)
    return reply(run, f"{reason}\n{asked}", more)


def _set_aside(run: Run) -> Reply:
    days = timers.park(run.turn, run.frame)
    if not days:
        return _drop(run)
    frames.pop(run.turn)
    timers.follow(run.turn)
    said = ngettext(
        "Let us leave %(what)s for now. I keep it for %(count)s day: say “continue” whenever you like.",
        "Let us leave %(what)s for now. I keep it for %(count)s days: say “continue” whenever you like.",
        days,
    )
    return reply(run, said % {"what": run.label(), "count": days})
