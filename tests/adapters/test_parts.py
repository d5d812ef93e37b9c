"""Events keep quoted and forwarded messages when they are stored and read again."""

from __future__ import annotations

import json

from adapters.events import Attachment, Event, EventKind, Passage

PICTURE = Attachment("image", "F1", name="a.png", size=7)


def test_passages_survive_the_inbox() -> None:
    event = Event(
        kind=EventKind.MESSAGE,
        dedupe_key="1",
        attachments=(PICTURE,),
        forwarded=True,
        forwards=(Passage("one", author="Ann"), Passage(message_id="om_1")),
        quote=Passage("two", excerpt="t", author_id="7", by_bot=True, attachments=(PICTURE,)),
    )
    stored = json.loads(json.dumps(event.to_dict()))
    assert Event.from_dict(stored) == event


def test_keys_of_a_later_version_are_ignored() -> None:
    stored = {"kind": "message", "dedupe_key": "1", "quote": {"text": "x", "colour": "red"}, "forwards": [{"mood": 1}]}
    found = Event.from_dict(stored)
    assert (found.quote, found.forwards) == (Passage("x"), (Passage(),))
