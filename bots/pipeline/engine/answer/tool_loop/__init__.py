"""Lets the model call tools before it answers, within hard limits.

`offering` chooses the tools of a turn, `loop` asks and calls until there is an answer, `calling` makes the calls of one
round, `rounds` keeps them as a prompt has them, `limits` says when it is enough.
"""

from bots.pipeline.engine.answer.tool_loop.loop import Asked, Outcome, run
from bots.pipeline.engine.answer.tool_loop.offering import of_turn

__all__ = ["Asked", "Outcome", "of_turn", "run"]
