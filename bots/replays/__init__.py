"""Answers past turns and saved questions again, to judge a change before it goes live.

    selection     which past turns, and what their answers took
    past_turns    a past turn as the engine takes it, as far as it can be rebuilt
    saved         a saved question as turns
    repeating     one answer: engine, time limit, figures; `guard` refuses every write
    expectations  whether an answer is as expected
    runs          a run of many: claims, progress, stop; a worker goes on with what another one left

A repetition sends nothing, remembers nothing and calls nothing that has an effect (`engine/past.py`).
"""

from bots.replays.runs import wake_due, work

__all__ = ["wake_due", "work"]
