"""The stack of what a conversation has open. Only the top frame takes the person's next message as an answer.

`Conversation.state_data` holds it: {"frames": [...]}, the top last. An interruption pushes a frame, the end of a frame
pops it, and the question of the frame below is asked again (`restating`). The conversation is COLLECTING while a frame
is open. Each kind of frame registers here what it does with an answer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from bots.models import Conversation
from bots.pipeline.engine.turn import Reply, Turn

DEEPEST = 5


@dataclass(slots=True)
class Frame:
    """Something that is open: a question of a skill or flow, or a confirmation.

    Attributes:
        flow: What it is: a kind, or a kind and an id, such as "forget", "skill:7" or "flow:3".
        version: Version of the definition that asked.
        step: Where it stands: the id of the step that waits for the person.
        slots: The values so far, as JSON.
        asked_at: When the question was asked; ISO.
        asked_in: Id of the event in whose turn it was asked.
        tries: Answers to this question that did not fit.
        by: Id of the person who answers; in a group nobody else does. 0: anybody.
        opened_in: Id of the event in whose turn it was opened; tells two runs of a flow apart.
        data: What the kind keeps besides.
    """

    flow: str
    version: int = 1
    step: str = ""
    slots: dict[str, Any] = field(default_factory=dict)
    asked_at: str = ""
    asked_in: int = 0
    tries: int = 0
    by: int = 0
    opened_in: int = 0
    data: dict[str, Any] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        return self.flow.partition(":")[0]

    @property
    def number(self) -> int:
        """The id behind the kind; 0 without one."""
        number = self.flow.partition(":")[2]
        return int(number) if number.isdecimal() else 0


@dataclass(frozen=True, slots=True)
class Kind:
    """What the dialog does with frames of a kind.

    Attributes:
        take: Answers the message that came while the frame was on top. None: the message is about something else; the
            frame is still there or was popped, and the turn goes on with what the message says.
        question: The open question in the turn's language, asked again after an interruption; "": none is asked.
        choices: The texts of the buttons that answer the question, in the turn's language; none when it wants words.
        title: What people call it, as in "Back to ..."; may be "".
        stays: Whether it waits below what interrupts it. A frame that does not is dropped when another is pushed.
    """

    take: Callable[[Turn, Frame], Reply | None]
    question: Callable[[Turn, Frame], str] = lambda turn, frame: ""
    title: Callable[[Turn, Frame], str] = lambda turn, frame: ""
    choices: Callable[[Turn, Frame], tuple[str, ...]] = lambda turn, frame: ()
    stays: bool = False


_kinds: dict[str, Kind] = {}


def register(name: str, kind: Kind) -> None:
    """Adds a kind of frames. Modules of the dialog do so when they are imported."""
    _kinds[name] = kind


def kind_of(frame: Frame) -> Kind:
    return _kinds[frame.kind]


def of(conversation: Conversation) -> list[Frame]:
    """Returns the open frames, the top last. What this version does not understand is left out."""
    if conversation.state != Conversation.State.COLLECTING:
        return []
    data = conversation.state_data
    if not isinstance(data, dict):
        return []
    rows = data.get("frames")
    found = [read(row) for row in rows] if isinstance(rows, list) else [_before_frames(data)]
    return [frame for frame in found if frame is not None and frame.kind in _kinds][-DEEPEST:]


def top(turn: Turn) -> Frame | None:
    """Returns the frame that takes this person's answer; None when nothing is open, or it waits for somebody else."""
    frames = of(turn.conversation)
    if not frames or frames[-1].by not in (0, turn.person.pk):
        return None
    return frames[-1]


def raise_own(turn: Turn) -> None:
    """Moves what is open for this person above what is open for others: in a group each answers their own question."""
    frames = of(turn.conversation)
    if not frames or frames[-1].by in (0, turn.person.pk):
        return
    own = [frame for frame in frames if frame.by == turn.person.pk]
    if own:
        _save(turn, [*(frame for frame in frames if frame.by != turn.person.pk), *own])


def asks_now(turn: Turn) -> bool:
    """Returns whether this turn asks the person the question of the top frame."""
    frame = top(turn)
    return frame is not None and frame.asked_in == turn.inbound_id


def take(turn: Turn) -> Reply | None:
    """Lets the top frame answer the message; None when the message is about something else."""
    frame = top(turn)
    if frame is None:
        if not of(turn.conversation):
            turn.move("resume")
        return None
    return kind_of(frame).take(turn, frame)


def push(turn: Turn, frame: Frame) -> bool:
    """Opens a frame. Frames on top that do not stay are dropped. Returns False when the stack is full.

    The last place is kept for a frame that does not stay, so that a confirmation is always possible.
    """
    frames = of(turn.conversation)
    while frames and not kind_of(frames[-1]).stays:
        frames.pop()
    if len(frames) >= DEEPEST - kind_of(frame).stays:
        return False
    frame.opened_in = frame.opened_in or turn.inbound_id
    _save(turn, [*frames, _asked(turn, frame)])
    return True


def ask(turn: Turn, frame: Frame) -> None:
    """Saves the top frame, whose question the turn's answer asks."""
    _save(turn, [*of(turn.conversation)[:-1], _asked(turn, frame)])


def keep(turn: Turn, frame: Frame) -> None:
    """Saves the top frame, whose question is asked by nobody in this turn yet."""
    _save(turn, [*of(turn.conversation)[:-1], frame])


def pop(turn: Turn) -> None:
    """Ends the top frame."""
    _save(turn, of(turn.conversation)[:-1])


def leave(turn: Turn) -> bool:
    """Drops all frames. Returns whether there was one."""
    if turn.conversation.state != Conversation.State.COLLECTING:
        return False
    turn.move("resume")
    return True


def drop_passing(turn: Turn) -> None:
    """Drops frames on top that do not stay below another."""
    frames = of(turn.conversation)
    if frames and not kind_of(frames[-1]).stays:
        while frames and not kind_of(frames[-1]).stays:
            frames.pop()
        _save(turn, frames)


def raise_to_top(turn: Turn, flow: str) -> Frame | None:
    """Moves the open frame of a flow to the top and returns it; None when the flow is not open for this person."""
    frames = of(turn.conversation)
    found = next((frame for frame in frames if frame.flow == flow and frame.by in (0, turn.person.pk)), None)
    if found is not None:
        _save(turn, [*(frame for frame in frames if frame is not found), found])
    return found


def _asked(turn: Turn, frame: Frame) -> Frame:
    frame.asked_at, frame.asked_in, frame.by = turn.now.isoformat(), turn.inbound_id, turn.person.pk
    return frame


def _save(turn: Turn, frames: list[Frame]) -> None:
    if frames:
        turn.move("ask_details", {"frames": [asdict(frame) for frame in frames]})
    elif turn.conversation.state == Conversation.State.COLLECTING:
        turn.move("resume")


def read(row: Any) -> Frame | None:
    """Returns the frame of a stored row; None for one that is damaged."""
    if not isinstance(row, dict) or not isinstance(row.get("flow"), str):
        return None
    wanted = {"version": int, "step": str, "slots": dict, "asked_at": str, "asked_in": int, "tries": int, "by": int}
    wanted |= {"opened_in": int, "data": dict}
    known = {name: row[name] for name, kind in wanted.items() if isinstance(row.get(name), kind)}
    return Frame(row["flow"], **known)


def _before_frames(data: dict[str, Any]) -> Frame | None:
    """Returns the form that a version without frames left open in a conversation."""
    if data.get("form") == "forget":
        return Frame("forget", data={name: data[name] for name in ("topic", "ids") if name in data})
    match = data.get("match")
    if data.get("form") != "skill" or not isinstance(match, dict):
        return None
    return Frame(
        f"skill:{match.get('skill', 0)}",
        step=str(match.get("slot", "")),
        data={"match": match},
        tries=int(data.get("asked", 1)),
    )
