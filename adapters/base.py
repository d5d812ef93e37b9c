"""The adapter contract: verify and parse requests, render and send messages, classify the platform's answers."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from adapters.account_calls import MAX_MEDIA_BYTES, AccountCalls, AccountT
from adapters.accounts import Account
from adapters.errors import AdapterError, NotSupported
from adapters.events import (
    Attachment,
    BotIdentity,
    Event,
    Media,
    OutgoingFile,
    OutgoingMessage,
    Polled,
    Received,
    SendReceipt,
    WebhookInfo,
    WebhookRequest,
)
from adapters.files import FileRule
from adapters.guide import Text
from adapters.splitter import split_text
from clawdbot.clock import Clock, system_clock
from clawdbot.reasons import Reason


class Adapter(AccountCalls[AccountT], ABC):
    """One bot account on one platform. Cheap to create, thread-safe and without stored state.

    Args:
        account: The account's values; unknown keys are ignored here and refused by `registry.validate_account`.
        clock: Returns epoch seconds, for time windows.

    Raises:
        AccountError: A required key is missing or a value is wrong.

    Attributes:
        platform: Name in the registry.
        label: Display name by language.
        schema: The account model.
        idempotent_send: A repeated send with the same idempotency key has no second effect.
        supports_typing: `send_typing` does something.
        supports_edit: `edit` works, so a draft reply can be updated while it is generated; may depend on the account.
        edit_interval_s: Least seconds between two edits of one message, to stay within the platform's rate limit.
        supports_media: `fetch_media` works.
        file_rules: How the platform accepts files: one rule for each way, see `adapters.files`.
        sends_per_s: Messages an account may send per second; None when no limit is known.
        chat_sends_per_s: Messages an account may send to one chat per second; None when no limit is known.
        reply_window_s: How long after a person's last message the account may write to them; None when always.
        supports_names: `display_name` works.
        reference: Finds what a received text names by an id: the group `user`, `chat` or `role` of a match is the id.
        mentions_people: An answer with "@Name" mentions the people in `OutgoingMessage.data["mentions"]` (ids by name).
        dedupe_keys_recur: After a time, another event may have the dedupe key of a former one.
        alt_id_is_the_users: `Event.alt_user_id` is always an id of the same user.
        supports_polling: `poll` works; may depend on the account.
        sends_by_polling: Messages are sent over the connection that `poll` holds, so only the polling process can send.
        supports_webhook_setup: `set_webhook` registers the webhook address through the API.
        text_limit: Longest text of one message, measured by `text_unit`.
        simulator: Dotted path of the platform's simulator (`adapters.simulation`); "" when there is none.
    """

    platform: ClassVar[str]
    label: ClassVar[Mapping[str, str]]
    schema: ClassVar[type[Account]] = Account
    idempotent_send: ClassVar[bool] = False
    supports_typing: ClassVar[bool] = False
    supports_edit: bool = False
    edit_interval_s: float = 1.0
    supports_media: ClassVar[bool] = False
    file_rules: tuple[FileRule, ...] = ()
    sends_per_s: float | None = None
    chat_sends_per_s: ClassVar[float | None] = None
    reply_window_s: float | None = None
    supports_names: ClassVar[bool] = False
    reference: ClassVar[re.Pattern[str] | None] = None
    mentions_people: ClassVar[bool] = False
    dedupe_keys_recur: ClassVar[bool] = False
    alt_id_is_the_users: ClassVar[bool] = False
    supports_polling: bool = False
    sends_by_polling: bool = False
    supports_webhook_setup: ClassVar[bool] = False
    text_limit: ClassVar[int] = 4000
    simulator: ClassVar[str] = ""

    def __init__(self, account: Mapping[str, Any], *, clock: Clock = system_clock) -> None:
        self.account: AccountT = self.schema.parse(account)
        self.clock = clock
        self._public_only = self.account.guarded

    # Inbound

    @classmethod
    def identify(cls, request: WebhookRequest) -> bool:
        """Returns whether headers or shape of the request look like this platform's. Cheap and pure; proves nothing."""
        return False

    @abstractmethod
    def receive(self, request: WebhookRequest) -> Received:
        """Verifies the raw bytes, then parses them. Pure: no network, no storage.

        Raises:
            SignatureRejected: The request is not verified; nothing was parsed.
            MalformedPayload: The request is genuine, but cannot be parsed.
            AdapterError: Another refusal, with its HTTP status.
        """

    def poll(self, offset: int | None, timeout: float = 50.0) -> Polled:
        """Fetches events by long polling.

        Args:
            offset: `next_offset` of the previous poll; None the first time.
            timeout: Seconds the platform may hold the request open.

        Raises:
            SendError: The call fails.
            NotSupported: The platform has no polling.
        """
        raise NotSupported(Reason("no_polling", name=self.platform))

    @property
    def poll_account(self) -> str:
        """Whose offsets `poll` returns: account and server; "" if they are of no account. It may hold a secret."""
        return ""

    @property
    def can_send_here(self) -> bool:
        """Returns False when only the polling thread can send (`sends_by_polling`) and this thread is another one."""
        return True

    def close(self) -> None:
        """Closes the connection that `poll` holds; the next `poll` opens a new one."""

    # Outbound

    @abstractmethod
    def send(self, message: OutgoingMessage) -> SendReceipt:
        """Sends one message that fits the text limit (see `split`). Does not retry.

        Raises:
            SendError: The message was not accepted; tells whether and when to retry.
        """

    def send_file(self, message: OutgoingMessage, file: OutgoingFile, kind: str) -> SendReceipt:
        """Sends `message.file` with `message.text` as its caption.

        Called by `adapters.sending.send`, which checks `file_rules` and handles a refused file.

        Args:
            message: A message with a file.
            file: `message.file`.
            kind: How the platform shows the file, from `file_rules`.

        Raises:
            SendError: As in `send`; permanent when the platform refuses this file in this way.
        """
        raise NotSupported(Reason("takes_no_files", name=self.platform))

    @abstractmethod
    def classify(self, status: int, headers: Mapping[str, str], body: bytes) -> SendReceipt:
        """Converts the platform's HTTP response to a send into a receipt. Pure.

        Raises:
            SendError: The response is not a success.
        """

    @staticmethod
    def text_unit(text: str) -> int:
        """Returns the length of a text as the platform counts it; Unicode code points unless overridden."""
        return len(text)

    def split(self, text: str) -> list[str]:
        """Splits neutral markdown into pieces of at most `text_limit`; [] for blank text. Pure."""
        return split_text(text, self.text_limit, self.text_unit)

    def reference_name(self, kind: str, reference_id: str, chat_id: str | None = None) -> str:
        """Returns the name behind an id that `reference` found; "" when there is none.

        Args:
            kind: "user", "chat" or "role".
            reference_id: The id.
            chat_id: The chat of the message.

        Raises:
            SendError: The call fails.
        """
        return self.display_name(reference_id, chat_id) if kind == "user" and self.supports_names else ""

    def send_typing(self, chat_id: str, thread_id: str | None = None, *, message_id: str | None = None) -> None:
        """Shows a typing indicator. Does nothing on platforms without one.

        Args:
            chat_id: The chat.
            thread_id: Topic or thread in the chat.
            message_id: The message to answer; WhatsApp shows typing only together with the read mark of a message.

        Raises:
            SendError: The call fails; callers may ignore it.
        """

    def answer_action(self, reply_token: str, text: str = "") -> None:
        """Acknowledges a pressed button (`Event.reply_token`), on platforms that wait for it.

        Raises:
            SendError: The call fails; callers may ignore it.
        """

    def dismiss(self, reply_token: str) -> None:
        """Removes the sign that an answer is on its way (Discord's "thinking") when no answer will follow.

        Args:
            reply_token: `Event.reply_token`.

        Raises:
            SendError: The call fails; callers may ignore it.
        """

    def another_way(self, failed: Event) -> dict[str, Any]:
        """Returns what to add to `OutgoingMessage.data` to resend a message that was accepted but not delivered. Pure.

        Args:
            failed: Event of kind "status" with status "failed".

        Returns:
            Extra `data`; {} when there is no other way.
        """
        return {}

    def undelivered_mark(self, failed: Event) -> str:
        """Returns the mark (`SendError.mark`) of a message that was accepted but not delivered; "" if unknown. Pure.

        Args:
            failed: Event of kind "status" with status "failed".
        """
        return ""

    def display_name(self, user_id: str, chat_id: str | None = None) -> str:
        """Returns a user's display name, for platforms whose events lack it (`supports_names`); "" when there is none.

        Args:
            user_id: The user.
            chat_id: Chat of the user's message; some platforms name only users who share a group with the bot.

        Raises:
            SendError: The platform refuses or cannot be reached.
        """
        return ""

    def edit(self, message_id: str, message: OutgoingMessage) -> SendReceipt:
        """Replaces the content of a message the bot has sent.

        Args:
            message_id: `SendReceipt.message_id` of `send`.
            message: The whole new content, with the same address as the sent message.

        Raises:
            SendError: The platform refuses, for instance because the message is too old.
            NotSupported: The platform cannot change sent messages.
        """
        raise NotSupported(Reason("no_edits", name=self.platform))

    def fetch_media(
        self, attachment: Attachment, *, message_id: str | None = None, max_bytes: int = MAX_MEDIA_BYTES
    ) -> Media:
        """Downloads an attachment of a message.

        Args:
            attachment: Attachment of the event.
            message_id: Message id of the event; some platforms need it for the download.
            max_bytes: Size limit; larger files are refused.

        Raises:
            SendError: The file is gone, too large, not allowed or not reachable; tells whether to retry.
            NotSupported: The platform offers no downloads.
        """
        raise NotSupported(Reason("no_downloads", name=self.platform))

    # Set-up

    def whoami(self) -> BotIdentity:
        """Asks the platform for the account's identity, which proves that the credentials work.

        Raises:
            SendError: The platform refuses or cannot be reached.
            NotSupported: The platform has no such call.
        """
        raise NotSupported(Reason("no_account_to_ask", name=self.platform))

    def set_webhook(self, url: str) -> None:
        """Registers `url` as the webhook.

        Raises:
            SendError: The platform refuses.
            NotSupported: The address has to be entered by hand in the platform's console.
        """
        raise NotSupported(Reason("webhook_by_hand", name=self.platform))

    def delete_webhook(self) -> None:
        """Removes the registered webhook. Raises like `set_webhook`."""
        raise NotSupported(Reason("webhook_removed_by_hand", name=self.platform))

    def webhook_info(self) -> WebhookInfo:
        """Returns what the platform knows about the webhook. Raises like `set_webhook`."""
        raise NotSupported(Reason("webhook_not_told", name=self.platform))

    def examine(self, url: str) -> tuple[Text | Reason, ...]:
        """Checks the set-up beyond the credentials. May ask the platform, but changes nothing there.

        Args:
            url: The channel's webhook address; "" when it is not known yet.

        Returns:
            Problems that an operator should fix, in both languages.

        Raises:
            SendError: The account cannot work with these settings.
        """
        return ()


def require_post(request: WebhookRequest) -> None:
    """Refuses every method but POST with 405.

    Raises:
        AdapterError: With status 405.
    """
    if request.method.upper() != "POST":
        raise AdapterError(Reason("only_post"), status=405)
