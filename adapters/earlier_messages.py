"""The contract of adapters whose platform gives a message by its id."""

from __future__ import annotations

from abc import ABC, abstractmethod

from adapters.events import Passage


class FetchesMessages(ABC):
    """Fetches the messages that an event only names: a quoted one, or those of a merged forward."""

    @abstractmethod
    def fetch_message(self, message_id: str, chat_id: str) -> tuple[Passage, ...]:
        """Fetches a message with its author, or the messages of a merged forward in their order.

        Args:
            message_id: `Event.reply_to`, or `Passage.message_id` of a forward without content.
            chat_id: Chat of the message. A message of another chat is not returned.

        Returns:
            One passage, several for a merged forward, or () when the message is gone.

        Raises:
            SendError: The platform refuses or cannot be reached.
        """
