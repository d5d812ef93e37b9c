"""Requests of an account to its platform: their time-outs, sizes, allowed hosts and failures."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Generic, TypeVar

from adapters.accounts import Account
from adapters.errors import SendError
from adapters.events import Attachment, Media
from adapters.media import content_type
from clawdbot import http
from clawdbot.reasons import Reason, why

AccountT = TypeVar("AccountT", bound=Account)

CONNECT_S = 5.0
READ_S = 20.0
MAX_MEDIA_BYTES = 20 * 1024 * 1024
MEDIA_READ_S = 60.0


class AccountCalls(Generic[AccountT]):
    """Makes the requests of one account; base of `adapters.base.Adapter`."""

    account: AccountT
    _public_only: bool

    def _call(
        self,
        method: str,
        url: str,
        *,
        handed_out_for: Collection[str] | None = None,
        read_s: float = READ_S,
        **options: Any,
    ) -> http.HttpResponse:
        """Sends one request through `clawdbot.http`. Its failures become `SendError`.

        Args:
            method: HTTP method.
            url: Full URL.
            handed_out_for: The platform's own hosts, when `url` comes from a payload. The account's `allowed_hosts`
                replace them, and only then may the address be private, unless the account is `public_only`.
            read_s: Seconds to wait for the response.
            **options: `json`, `data`, `headers`, `params`, `max_bytes` of `clawdbot.http.request`.
        """
        if handed_out_for is not None:
            options["allowed_hosts"] = self.account.allowed_hosts or handed_out_for
            options["public_only"] = not self.account.allowed_hosts
            if method == "POST" and options["public_only"] and not url.lower().startswith("https://"):
                # Downloads over plain http are allowed; messages must be sent over https.
                raise SendError(Reason("not_https"), permanent=True, mark="foreign_address")
        if self._public_only:
            options["public_only"] = True
        try:
            return http.request(method, url, timeout=(CONNECT_S, read_s), **options)
        except http.HttpError as error:
            failure = error
        # Raised outside the handler, because a chained cause would only repeat the message.
        raise SendError(
            why(failure),
            permanent=failure.permanent,
            retry_after=failure.retry_after,
            mark=_mark(failure),
            # The platform did not act on a connection that it closed without a response, mostly an idle one.
            maybe_sent=failure.written and not isinstance(failure, http.HttpConnectionError),
        )

    def _ahead(self, method: str, url: str, **options: Any) -> http.HttpResponse:
        """Sends a request that prepares the actual send: an upload, a token.

        It has no visible effect, so it is repeated after a crash or a lost response. The send journal does not
        record it.
        """
        try:
            with http.unobserved():
                return self._call(method, url, **{"read_s": MEDIA_READ_S, **options})
        except SendError as error:
            error.maybe_sent = False
            raise

    def _download(self, url: str, attachment: Attachment, *, hosts: Collection[str] | None, **options: Any) -> Media:
        """Downloads a file. Redirects may lead to `hosts` only.

        Args:
            url: Address of the file.
            attachment: Gives the name, and the content type where the bytes do not show it.
            hosts: The platform's own hosts, when the address comes from the platform; the account's `allowed_hosts`
                replace them. None for an address of the account itself, which then must not redirect.
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
    """Refuses a file before the download when its announced size is over `max_bytes`.

    Raises:
        SendError: Permanent, with mark "too_large".
    """
    if size is not None and size > max_bytes:
        raise SendError(Reason("file_too_large", size=max_bytes), permanent=True, mark="too_large")
