"""What every platform adapter is: verify and parse on the way in, render and classify on the way out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from typing import Any, ClassVar, Generic, TypeVar

from adapters.accounts import Account
from adapters.errors import AdapterError, NotSupported, SendError
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
from adapters.media import content_type
from adapters.splitter import split_text
from clawdbot import http
from clawdbot.clock import Clock, system_clock
from clawdbot.reasons import Reason, why

AccountT = TypeVar("AccountT", bound=Account)

CONNECT_S = 5.0
READ_S = 20.0
MAX_MEDIA_BYTES = 20 * 1024 * 1024
MEDIA_READ_S = 60.0


class Adapter(ABC, Generic[AccountT]):
    """One bot account on one platform. Cheap to make, safe to use from several threads, stores nothing.

    Args:
        account: The account's values; unknown keys are ignored here and refused by `registry.validate_account`.
        clock: Epoch seconds; time windows are judged by it.

    Raises:
        AccountError: When a required key is missing or a value is wrong.

    Attributes:
        platform: Name in the registry.
        label: Display name by language.
        schema: The account model.
        idempotent_send: A repeated send with the same idempotency key has no second effect.
        supports_typing: `send_typing` does something.
        supports_edit: `edit` works, so that an answer may grow while it is written; may depend on the account.
        edit_interval_s: Seconds to leave between two edits of one message, so that the platform's limits are kept.
        supports_media: `fetch_media` works.
        file_rules: What the platform takes as a file: one rule for each way, see `adapters.files`.
        sends_per_s: Messages an account may send in a second; None where no limit is known.
        chat_sends_per_s: The same for one chat.
        supports_names: `display_name` works.
        supports_polling: `poll` works; may depend on the account.
        sends_by_polling: Messages leave over the connection that `poll` holds, so only the process that polls sends.
        supports_webhook_setup: `set_webhook` registers the address by API.
        text_limit: Longest text of one message, counted by `text_unit`.
        simulator: Dotted path of the platform in miniature (`adapters.simulation`); "" when there is none.
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
    supports_names: ClassVar[bool] = False
    supports_polling: bool = False
    sends_by_polling: bool = False
    supports_webhook_setup: ClassVar[bool] = False
    text_limit: ClassVar[int] = 4000
    simulator: ClassVar[str] = ""

    def __init__(self, account: Mapping[str, Any], *, clock: Clock = system_clock) -> None:
        self.account: AccountT = self.schema.parse(account)
        self.clock = clock

    # In

    @classmethod
    def identify(cls, request: WebhookRequest) -> bool:
        """True when the request looks like this platform's, by headers or shape. Cheap, pure, proves nothing."""
        return False

    @abstractmethod
    def receive(self, request: WebhookRequest) -> Received:
        """Verifies the raw bytes, then parses them. Pure: no network, no storage.

        Raises:
            SignatureRejected: When the request is not proven genuine; nothing was parsed.
            MalformedPayload: When it is genuine but unreadable.
            AdapterError: For another refusal, with its status.
        """

    def poll(self, offset: int | None, timeout: float = 50.0) -> Polled:
        """Fetches events by long polling.

        Args:
            offset: `next_offset` of the poll before, None the first time.
            timeout: Seconds the platform may hold the request open.

        Raises:
            SendError: When the call fails.
            NotSupported: When the platform has no polling.
        """
        raise NotSupported(Reason("no_polling", name=self.platform))

    @property
    def can_send_here(self) -> bool:
        """False where only the thread that polls can send (`sends_by_polling`), and this is another."""
        return True

    def close(self) -> None:
        """Gives up what `poll` holds open; the next call opens it again."""

    # Out

    @abstractmethod
    def send(self, message: OutgoingMessage) -> SendReceipt:
        """Sends one message that is short enough (see `split`). Never retries by itself.

        Raises:
            SendError: Says whether and when another try makes sense.
        """

    def send_file(self, message: OutgoingMessage, file: OutgoingFile, kind: str) -> SendReceipt:
        """Sends `message.file` with `message.text` as its caption. Called by `adapters.sending.send`, which has looked
        at `file_rules` and knows what to do when it is refused.

        Args:
            message: With a file.
            file: `message.file`.
            kind: As what the platform shall show it, from `file_rules`.

        Raises:
            SendError: As `send`; permanent when the platform will not take this file in this way.
        """
        raise NotSupported(Reason("takes_no_files", name=self.platform))

    @abstractmethod
    def classify(self, status: int, headers: Mapping[str, str], body: bytes) -> SendReceipt:
        """Turns the platform's HTTP response to a send into a receipt. Pure.

        Raises:
            SendError: For everything that is not a success.
        """

    @staticmethod
    def text_unit(text: str) -> int:
        """The length of a text as the platform counts it; Unicode code points unless overridden."""
        return len(text)

    def split(self, text: str) -> list[str]:
        """Cuts neutral markdown into pieces of at most `text_limit`; empty for blank text. Pure."""
        return split_text(text, self.text_limit, self.text_unit)

    def send_typing(self, chat_id: str, thread_id: str | None = None, *, message_id: str | None = None) -> None:
        """Shows that the bot is typing, where the platform can. Does nothing elsewhere.

        Args:
            chat_id: Where.
            thread_id: Topic or thread.
            message_id: The message that is being answered; WhatsApp shows typing only together with its read mark.

        Raises:
            SendError: When the call fails; callers may ignore it.
        """

    def answer_action(self, reply_token: str, text: str = "") -> None:
        """Confirms a pressed button (`Event.reply_token`), where the platform waits for that.

        Raises:
            SendError: When the call fails; callers may ignore it.
        """

    def dismiss(self, reply_token: str) -> None:
        """Says that no answer will come, where the platform shows that one is on its way (Discord's "thinking").

        Args:
            reply_token: From the event.

        Raises:
            SendError: When the call fails; callers may ignore it.
        """

    def another_way(self, failed: Event) -> dict[str, Any]:
        """What to add to `OutgoingMessage.data` to send a message again that the platform took and did not deliver.

        Args:
            failed: An event of kind "status" with status "failed".

        Returns:
            {} when there is no other way. Pure.
        """
        return {}

    def display_name(self, user_id: str, chat_id: str | None = None) -> str:
        """The name people see of somebody, where events do not tell it (`supports_names`); "" when there is none.

        Args:
            user_id: Who.
            chat_id: Where they wrote; some platforms tell names only to who shares a group with them.

        Raises:
            SendError: When the platform refuses or cannot be reached.
        """
        return ""

    def edit(self, message_id: str, message: OutgoingMessage) -> SendReceipt:
        """Replaces the content of a message the bot has sent.

        Args:
            message_id: From the receipt of `send`.
            message: The whole new content, addressed as it was sent.

        Raises:
            SendError: When the platform refuses, for instance because the message is too old.
            NotSupported: When sent messages cannot be changed.
        """
        raise NotSupported(Reason("no_edits", name=self.platform))

    def fetch_media(
        self, attachment: Attachment, *, message_id: str | None = None, max_bytes: int = MAX_MEDIA_BYTES
    ) -> Media:
        """Downloads what came with a message.

        Args:
            attachment: From the event.
            message_id: Of the event; some platforms hand out files only with it.
            max_bytes: Larger files are refused.

        Raises:
            SendError: When it is gone, too large, not allowed or not reached; says whether another try makes sense.
            NotSupported: When the platform offers no downloads.
        """
        raise NotSupported(Reason("no_downloads", name=self.platform))

    # Set-up

    def whoami(self) -> BotIdentity:
        """Asks the platform who the account is; proves that the credentials work.

        Raises:
            SendError: When the platform refuses or cannot be reached.
            NotSupported: When there is nothing to ask.
        """
        raise NotSupported(Reason("no_account_to_ask", name=self.platform))

    def set_webhook(self, url: str) -> None:
        """Registers `url` as the webhook.

        Raises:
            SendError: When the platform refuses.
            NotSupported: When it has to be entered by hand in the platform's console.
        """
        raise NotSupported(Reason("webhook_by_hand", name=self.platform))

    def delete_webhook(self) -> None:
        """Removes the registered webhook; raises like `set_webhook`."""
        raise NotSupported(Reason("webhook_removed_by_hand", name=self.platform))

    def webhook_info(self) -> WebhookInfo:
        """What the platform knows about the webhook; raises like `set_webhook`."""
        raise NotSupported(Reason("webhook_not_told", name=self.platform))

    def examine(self, url: str) -> tuple[Text | Reason, ...]:
        """Looks for what does not fit beyond the credentials. May ask the platform, changes nothing there.

        Args:
            url: The channel's webhook address; "" when it is not known yet.

        Returns:
            What an operator should mend, in both languages.

        Raises:
            SendError: When the account cannot work like this.
        """
        return ()

    # For subclasses

    def _call(
        self,
        method: str,
        url: str,
        *,
        handed_out_for: Collection[str] | None = None,
        read_s: float = READ_S,
        **options: Any,
    ) -> http.HttpResponse:
        """One request through `clawdbot.http`, its failures turned into `SendError`.

        Args:
            method: HTTP method.
            url: Full URL.
            handed_out_for: Set it when `url` came from a payload: the platform's own hosts. The account's
                `allowed_hosts` take their place, and only then may the address be a private one.
            read_s: Seconds to wait for the response.
            **options: `json`, `data`, `headers`, `params`, `max_bytes` of `clawdbot.http.request`.
        """
        if handed_out_for is not None:
            options["allowed_hosts"] = self.account.allowed_hosts or handed_out_for
            options["public_only"] = not self.account.allowed_hosts
            if method == "POST" and options["public_only"] and not url.lower().startswith("https://"):
                # Pictures may come in the clear, words may not go so.
                raise SendError(Reason("not_https"), permanent=True, mark="foreign_address")
        try:
            return http.request(method, url, timeout=(CONNECT_S, read_s), **options)
        except http.HttpError as error:
            failure = error
        # Raised outside the handler: a chained cause would only repeat the message.
        raise SendError(
            why(failure),
            permanent=failure.permanent,
            retry_after=failure.retry_after,
            mark=_mark(failure),
            # A connection that was closed without a word (an idle one, mostly) carried nothing the platform acted on.
            maybe_sent=failure.written and not isinstance(failure, http.HttpConnectionError),
        )

    def _ahead(self, method: str, url: str, **options: Any) -> http.HttpResponse:
        """A request that comes before the one that sends: an upload, a token.

        Nobody sees anything of it, so after a kill or a lost answer it is simply repeated; the send journal does not
        hear of it.
        """
        try:
            with http.unobserved():
                return self._call(method, url, **{"read_s": MEDIA_READ_S, **options})
        except SendError as error:
            error.maybe_sent = False
            raise

    def _download(self, url: str, attachment: Attachment, *, hosts: Collection[str] | None, **options: Any) -> Media:
        """Fetches a file; redirects may only lead to `hosts` again.

        Args:
            url: The address.
            attachment: What it belongs to; gives the name, and the type where the bytes do not tell.
            hosts: When the platform handed the address out: its own hosts; the account's `allowed_hosts` take their
                place. None for an address of the account itself, which then must not redirect.
            **options: `headers`, `max_bytes`, `allow_redirects` of `clawdbot.http.request`.
        """
        options.setdefault("max_bytes", MAX_MEDIA_BYTES)
        options.setdefault("allow_redirects", hosts is not None)
        response = self._call("GET", url, handed_out_for=hosts, read_s=MEDIA_READ_S, **options)
        if not response.ok or response.status == 202:
            waiting = response.status in (202, 408, 425, 429) or response.status >= 500
            raise SendError(
                Reason("file_answered", code=response.status),
                permanent=not waiting,
                retry_after=response.retry_after,
                mark="media_not_ready" if waiting else "media_gone",
            )
        told = attachment.mime or response.headers.get("Content-Type", "")
        return Media(response.body, content_type(response.body, told), attachment.name or "")


def _mark(failure: http.HttpError) -> str:
    if isinstance(failure, http.ResponseTooLarge):
        return "too_large"
    if isinstance(failure, http.AddressRefused):
        return "foreign_address"
    return "no_answer" if failure.written else "not_reached"


def refuse_large(size: int | None, max_bytes: int) -> None:
    """Refuses a file whose announced size is over the cap, before a byte of it is fetched.

    Raises:
        SendError: Permanent, with mark "too_large".
    """
    if size is not None and size > max_bytes:
        raise SendError(Reason("file_too_large", size=max_bytes), permanent=True, mark="too_large")


def require_post(request: WebhookRequest) -> None:
    """Refuses every method but POST with 405.

    Raises:
        AdapterError: With status 405.
    """
    if request.method.upper() != "POST":
        raise AdapterError(Reason("only_post"), status=405)
