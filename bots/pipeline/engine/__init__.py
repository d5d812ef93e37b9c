"""The dialog engine: answers by command, open form or skill; else by recall, prompt and model.

It writes no row of the turn. The reply carries what to write, and `dispatch.closing` writes it in the transaction that
closes the turn. Only failures of skills and model providers are recorded at once.
"""

from bots.pipeline.engine.dialog import frames
from bots.pipeline.engine.dialog.commands import NAMES as COMMAND_NAMES
from bots.pipeline.engine.dialog.commands import knows as knows_command
from bots.pipeline.engine.dialog.flow_frames import open_question
from bots.pipeline.engine.engine import respond
from bots.pipeline.engine.turn import NoSlot, Reply, Turn

__all__ = ["COMMAND_NAMES", "NoSlot", "Reply", "Turn", "frames", "knows_command", "open_question", "respond"]
