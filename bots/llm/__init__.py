"""Language models behind one function: `complete`."""

from bots.llm.completion import complete
from bots.llm.errors import Cancelled, ModelError, NoModelAvailable, ProviderError
from bots.llm.probe import TestResult, test_provider
from bots.llm.targets import available
from bots.llm.values import ChatMessage, Completion, MessageBuilder, Messages, Target

__all__ = [
    "Cancelled",
    "ChatMessage",
    "Completion",
    "MessageBuilder",
    "Messages",
    "ModelError",
    "NoModelAvailable",
    "ProviderError",
    "Target",
    "TestResult",
    "available",
    "complete",
    "test_provider",
]
