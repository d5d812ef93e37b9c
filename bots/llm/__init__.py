"""Calls language models through one function: `complete`."""

from bots.llm.candidates import available
from bots.llm.client import takes_tools
from bots.llm.completion import complete
from bots.llm.connection_test import TestResult, test_provider
from bots.llm.errors import Cancelled, ModelError, NoModelAvailable, PromptRefused, ProviderError
from bots.llm.types import ChatMessage, Completion, MessageBuilder, Messages, Target, ToolRequest, ToolSpec

__all__ = [
    "Cancelled",
    "ChatMessage",
    "Completion",
    "MessageBuilder",
    "Messages",
    "ModelError",
    "NoModelAvailable",
    "PromptRefused",
    "ProviderError",
    "Target",
    "TestResult",
    "ToolRequest",
    "ToolSpec",
    "available",
    "complete",
    "takes_tools",
    "test_provider",
]
