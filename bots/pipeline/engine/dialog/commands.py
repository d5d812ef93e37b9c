"""The commands that a person can type, in both languages. A new command is one function and one registry line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from adapters.commands import parse_command
from bots.models import InboundEvent, Message
from bots.people import subscription
from bots.pipeline.engine.answer.grounded import relevance
from bots.pipeline.engine.dialog import account_linking, flow_catalogue, forgetting, frames, reminding, status, timers
from bots.pipeline.engine.turn import Reply, Turn
from clawdbot.chinese import simplified
from memory.store import MemoryStore
from skills import runner

LISTED = 10
STOPPED = "stopped"  # `meta["notice"]` of the answer to a stop


@dataclass(frozen=True, slots=True)
class Command:
    """A command. `names[0]` is English, the others are Chinese; names are matched, so they are not translated."""

    names: tuple[str, ...]
    help: Any
    run: Callable[[Turn, str], Reply]


def parse(turn: Turn) -> tuple[str, str] | None:
    """Returns (name, argument) if the platform marks the message as a command or it begins with a slash; else None.

    An unknown name is a command only as the whole message, so that a mistyped one gets the help text. With more text,
    or with a file, it is an ordinary message: a sentence that begins with a path, or /ask, which the operator
    registered. What a skill takes is no command either.
    """
    event = turn.event
    if event.command:
        name, argument = (
            event.command.lower().removeprefix("/"),
            event.args if isinstance(event.args, str) else turn.text,
        )
    else:
        name, _bot, argument = parse_command(turn.text)
        if not name and turn.group is None:
            leaves = subscription.asks_to_leave(turn.text, turn.conversation.pk, turn.inbound_id)
            name = "unsubscribe" if leaves else ""
    name, argument = simplified(name), argument.strip()
    if not name or (name not in _BY_NAME and (argument or turn.files or knows(turn.bot.pk, name, turn.text))):
        return None
    return name, argument


def knows(bot_id: int, name: str, text: str) -> bool:
    """Returns whether the bot has a command of this name, or a flow or skill that takes the whole message."""
    return name in NAMES or flow_catalogue.called(bot_id, text) is not None or runner.match(bot_id, text) is not None


def run(turn: Turn, name: str, argument: str) -> Reply:
    """Runs a command; answers an unknown one with the help text."""
    command = _BY_NAME.get(name)
    if command is None:
        return Reply(_("I don't know the command /%(name)s.") % {"name": name[:40]} + "\n\n" + _help_text(turn))
    return command.run(turn, argument)


def forget(turn: Turn, topic: str) -> Reply:
    """Answers a sentence that asks to forget a topic, or everything (""), as the command does."""
    return _forget(turn, topic)


def _help(turn: Turn, argument: str) -> Reply:
    return Reply(_help_text(turn))


def _help_text(turn: Turn) -> str:
    chinese = turn.language.startswith("zh")
    lines = [_("What I understand:")]
    for command in COMMANDS:
        name = command.names[1] if chinese and len(command.names) > 1 else command.names[0]
        lines.append(f"- /{name} – {command.help}")
    described = runner.descriptions(turn.bot.pk, turn.language)
    if described:
        lines += ["", _("What I can do:"), *(f"- {line}" for line in described)]
    lines += ["", _("Anything else: just write. I remember what you tell me.")]
    return "\n".join(lines)


def _start(turn: Turn, argument: str) -> Reply:
    greeting = turn.bot.greeting or _("Hello, I am %(name)s.") % {"name": turn.bot.name}
    return Reply(f"{greeting}\n\n{_help_text(turn)}")


def _new(turn: Turn, argument: str) -> Reply:
    timers.forget(turn)
    turn.move("close")
    return Reply(
        _("A new conversation begins. I still remember what you told me before.") + _not_read(argument),
        new_conversation=True,
        carries_summary=True,
    )


def _reset(turn: Turn, argument: str) -> Reply:
    timers.forget(turn)
    turn.move("close")
    return Reply(
        _("Everything open was dropped, and we begin anew. What I remember of you stays; /forget deletes it.")
        + _not_read(argument),
        new_conversation=True,
    )


def _not_read(argument: str) -> str:
    """Returns what to say of a question behind /new: it belongs to the conversation that this turn only opens."""
    return "\n\n" + _("What you wrote behind the command I did not read. Please send it again.") if argument else ""


def _stop(turn: Turn, argument: str) -> Reply:
    if frames.leave(turn):
        return Reply(_("Stopped. What would you like instead?"))
    return stopped(turn)


def stopped(turn: Turn) -> Reply:
    """Returns the answer to a stop. Of all that one stop ends, and the stop itself, only the first says it."""
    said = Message.objects.filter(conversation=turn.conversation).exclude(role=Message.Role.USER)
    last = said.order_by("-id").first()
    if last is not None and last.meta.get("notice") == STOPPED and _was_there(turn, last):
        return Reply("", silent=True)
    return Reply(_("Stopped."), meta={"notice": STOPPED})


def _was_there(turn: Turn, message: Message) -> bool:
    """Returns whether the turn's message had come when this one was said: the same stop ends both."""
    return InboundEvent.objects.filter(pk=turn.inbound_id, received_at__lte=message.occurred_at).exists()


def _retry(turn: Turn, argument: str) -> Reply:
    """Answers when there is nothing to repeat; the engine repeats messages itself."""
    return Reply(_("I have answered all your messages."))


def _memory(turn: Turn, argument: str) -> Reply:
    store = MemoryStore(turn.bot.pk)
    if argument:
        hits = store.search(turn.scope, argument, k=LISTED, now=turn.now)
        found = [hit for hit in hits if relevance.related(hit)]
        title = _("What I remember about “%(query)s”:") % {"query": argument[:80]}
    else:
        found = store.long_term_memory.rows(turn.scope.person_id)[:LISTED]
        title = _("What I remember of you, latest first:")
    if not found:
        return Reply(_("I don't remember anything of you yet.") if not argument else _("I found nothing about that."))
    lines = []
    for hit in found:
        day = date_format(hit.occurred_at.astimezone(turn.zone), "DATE_FORMAT")
        pin = "📌 " if getattr(hit, "pinned", False) else ""
        who = hit.speaker or {"user": _("you"), "operator": _("the team")}.get(hit.role, turn.bot.name)
        lines.append(f"- {pin}{day} · {who}{_(': ')}{hit.text[:200]}")
    return Reply("\n".join([title, *lines, "", _("/forget TOPIC deletes what is about it, /forget all of it.")]))


def _forget(turn: Turn, argument: str) -> Reply:
    if turn.group is not None:  # one member must not delete what the others said
        return Reply(
            _("What a group said can only be deleted by the operator. In a private chat I delete what I know of you.")
        )
    frames.drop_passing(turn)
    if argument and (topic := forgetting.topic_of(argument)) != "":
        if topic is None:
            return Reply(_("Forget what? Write /forget TOPIC, or /forget alone for everything."))
        return forgetting.preview(turn, topic)
    count = MemoryStore(turn.bot.pk).long_term_memory.rows(turn.scope.person_id).count()
    if not count:
        return Reply(_("I don't remember anything of you, so there is nothing to forget."))
    return forgetting.ask_all(turn, count)


def _link(turn: Turn, argument: str) -> Reply:
    if turn.group is not None:
        return Reply(_("Write this to me in a private chat."))
    return Reply(
        "", act=partial(account_linking.link, turn, argument) if argument else partial(account_linking.offer, turn)
    )


def _unlink(turn: Turn, argument: str) -> Reply:
    if turn.group is not None:
        return Reply(_("Write this to me in a private chat."))
    return Reply("", act=partial(account_linking.unlink, turn))


def _reminders(turn: Turn, argument: str) -> Reply:
    return reminding.run(turn, argument)


def _unsubscribe(turn: Turn, argument: str) -> Reply:
    turn.staged.append(partial(subscription.leave, turn.person, turn.now))
    return Reply(_("You get no more messages that the team sends to many people. /subscribe brings them back."))


def _subscribe(turn: Turn, argument: str) -> Reply:
    turn.staged.append(partial(subscription.join, turn.person))
    return Reply(_("You get messages of the team again. /unsubscribe ends them."))


COMMANDS = (
    Command(("help", "帮助"), gettext_lazy("what you can type"), _help),
    Command(("new", "新对话"), gettext_lazy("begin a new conversation; I keep my memory of you"), _new),
    Command(("reset", "重置"), gettext_lazy("drop everything open and begin anew"), _reset),
    Command(("stop", "停止"), gettext_lazy("stop the answer or the question that is open"), _stop),
    Command(("retry", "重试"), gettext_lazy("answer what I could not answer before"), _retry),
    Command(("status", "状态"), gettext_lazy("how things stand"), status.report),
    Command(("memory", "记忆"), gettext_lazy("what I remember of you; /memory WORDS searches"), _memory),
    Command(
        ("forget", "忘记"), gettext_lazy("delete what I remember of you; /forget TOPIC only that (asks first)"), _forget
    ),
    Command(("reminders", "提醒", "reminder"), gettext_lazy("your reminders; change, put off or end one"), _reminders),
    Command(("unsubscribe", "退订"), gettext_lazy("get no more messages that the team sends to many"), _unsubscribe),
    Command(("subscribe", "订阅"), gettext_lazy("get them again"), _subscribe),
    Command(("link", "绑定"), gettext_lazy("connect your account on another platform"), _link),
    Command(("unlink", "解绑"), gettext_lazy("separate connected accounts again"), _unlink),
)
_BY_NAME = {name: command for command in COMMANDS for name in command.names} | {
    "start": Command(("start",), gettext_noop("greeting"), _start)
}
NAMES = frozenset(_BY_NAME)
"""Every name of a command, in simplified Chinese or lower case, without the slash."""
