"""The dialog engine: command? open form? skill? else recall, prompt, model. It reads and answers; it writes nothing."""

from bots.engine.engine import respond
from bots.engine.turn import Reply, Turn

__all__ = ["Reply", "Turn", "respond"]
