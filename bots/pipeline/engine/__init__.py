"""The dialog engine: command? open form? skill? else recall, prompt, model. It reads and answers; it writes nothing."""

from bots.pipeline.engine.engine import respond
from bots.pipeline.engine.turn import Reply, Turn

__all__ = ["Reply", "Turn", "respond"]
