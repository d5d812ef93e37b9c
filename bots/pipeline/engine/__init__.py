"""The dialog engine: command? open form? skill? else recall, prompt, model. It reads and answers; it writes nothing.

What it wants written comes back in the reply; the dispatcher writes it in the transaction that closes the turn.
"""

from bots.pipeline.engine.engine import respond
from bots.pipeline.engine.turn import Reply, Turn

__all__ = ["Reply", "Turn", "respond"]
