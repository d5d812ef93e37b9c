"""Makes one call to one OpenAI-compatible endpoint through the `openai` SDK.

The SDK's typed `chat.completions.create` costs four times the CPU of the request itself (it transforms every message
and builds a pydantic tree of the answer), so its documented low-level `post` is used, which gives plain dictionaries.
"""

from __future__ import annotations

import json
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from cachetools import LRUCache

from bots.llm import tool_history
from bots.llm.alternation import alternating
from bots.llm.answer_text import of_answer
from bots.llm.errors import Cancelled, ProviderError, RequestRefused, WrongAddress
from bots.llm.replies import Reply, StreamedReply, read
from bots.llm.sdk_errors import PARAMETERS, ParameterRefused, convert_error
from bots.llm.types import ChatMessage, Messages, Target, ToolSpec
from clawdbot.http import base_url, socket_deadline
from clawdbot.reasons import Reason
from clawdbot.storable_text import storable

if TYPE_CHECKING:
    from openai import OpenAI

CONNECT_TIMEOUT_S = 5.0
_PATH = "/chat/completions"

logger = logging.getLogger(__name__)
_lock = threading.Lock()
_clients: LRUCache[tuple[str, str, bool], OpenAI] = LRUCache(32)
# Models that send reasoning and its closing tag without the opening one.
_thinkers: set[tuple[str, str]] = set()
# The form of an endpoint's address that answered, where it is another than the configured one.
_bases: dict[str, str] = {}
# Parameters that an endpoint has refused: not every server supports every parameter.
_refused: dict[tuple[str, str], frozenset[str]] = {}


@dataclass(frozen=True, slots=True)
class Options:
    """Parameters of one call; `timeout_s` in seconds, callbacks and tools as in `complete`."""

    max_tokens: int
    temperature: float
    timeout_s: float
    on_token: Callable[[str], None] | None = None
    cancelled: Callable[[], bool] | None = None
    on_restart: Callable[[], None] | None = None
    tools: tuple[ToolSpec, ...] = ()

    @property
    def names(self) -> frozenset[str]:
        return frozenset(tool.name for tool in self.tools)


def takes_tools(target: Target) -> bool:
    """Returns whether tools may be sent: the operator allows it, and the endpoint has not refused them."""
    if target.is_demo or target.tools == "off":
        return False
    return target.tools == "on" or "tools" not in _refused.get((target.endpoint, target.model), frozenset())


def ask(target: Target, messages: Messages, options: Options) -> Reply:
    """Calls the model once.

    Raises:
        ProviderError: The endpoint could not be reached, refused or failed.
        Cancelled: `options.cancelled()` returned True.
    """
    deadline = time.monotonic() + options.timeout_s
    with socket_deadline.limited(deadline, options.cancelled):
        try:
            base = _bases.get(target.endpoint) or base_url.normal(target.endpoint)
        except base_url.AddressUnusable:  # stored before the form became strict
            raise ProviderError(Reason("endpoint_address_invalid"), permanent=True) from None
        plain, _query = base_url.split_query(base)
        try:
            return _ask_at(base, target, messages, options)
        except WrongAddress:
            other = base_url.other_form(plain)
            if not other:
                raise
            base = base.replace(plain, other, 1)
            reply = _ask_at(base, target, messages, options)
            _bases[target.endpoint] = base  # kept only now, because it answered
            return reply


def _ask_at(base: str, target: Target, messages: Messages, options: Options) -> Reply:
    key = (target.endpoint, target.model)
    known = refused = _refused.get(key, frozenset())
    passing: set[str] = set()
    for _ in range(1 + len(PARAMETERS)):
        body = _body(target, messages, options, refused)
        try:
            call = _stream if options.on_token else _whole
            reply = call(_client(base, target), body, options, key)
        except ParameterRefused as error:
            if error.parameter == "tools" and target.tools == "on":
                raise ProviderError(Reason("endpoint_refused"), permanent=True) from None
            refused |= {error.parameter}
            passing |= set() if error.lasting else {error.parameter}
        else:
            if not reply.text.strip() and not reply.calls and (reply.refused or reply.finish == "content_filter"):
                raise RequestRefused(Reason("endpoint_refused"), permanent=True)
            if refused != known:  # kept only now, because an error may name a parameter and mean the prompt
                _refused[key] = _refused.get(key, frozenset()) | (refused - passing)
            return reply
    raise ProviderError(Reason("every_form_refused"), permanent=True)


def clear_cache() -> None:
    """Closes all clients and forgets which parameters endpoints refused."""
    with _lock:
        for client in _clients.values():
            client.close()
        _clients.clear()
        _refused.clear()
        _thinkers.clear()
        _bases.clear()


# After a fork, parent and child must not share a socket.
os.register_at_fork(after_in_child=clear_cache)


def _body(target: Target, messages: Messages, options: Options, refused: frozenset[str]) -> dict[str, Any]:
    # The embedded model's prompt has its own shape, which its cache begins with.
    said = messages if target.is_demo else alternating(_with_calls(messages, options, refused))
    if "system" in refused:
        said = _without_system(said)
    body: dict[str, Any] = {"model": target.model, "messages": said}
    body["max_completion_tokens" if "max_tokens" in refused else "max_tokens"] = options.max_tokens
    if "temperature" not in refused:
        body["temperature"] = options.temperature
    if options.on_token:
        body["stream"] = True
        if "stream_options" not in refused:
            body["stream_options"] = {"include_usage": True}
    if options.tools and "tools" not in refused:
        body["tools"] = [tool.to_dict() for tool in options.tools]
    if target.is_demo:
        body["cache_prompt"] = True
    return body


def _with_calls(messages: Messages, options: Options, refused: frozenset[str]) -> Messages:
    """Returns a well-formed prompt; without calls where no tools are sent, because many endpoints then refuse them."""
    formed = tool_history.well_formed(messages)
    return formed if options.tools and "tools" not in refused else tool_history.as_text(formed)


def _without_system(messages: Messages) -> Messages:
    """Returns the messages with the instructions at the beginning of the first message of the person."""
    renamed: list[ChatMessage] = [
        {"role": "user", "content": message["content"]} if message["role"] == "system" else message
        for message in messages
    ]
    return alternating(renamed)


def _whole(client: OpenAI, body: dict[str, Any], options: Options, _key: tuple[str, str]) -> Reply:
    import openai

    try:
        value = client.post(_PATH, cast_to=object, body=body, options=_request_options(options))
    except openai.OpenAIError as error:
        _raise_if_cancelled(options, body["messages"])
        raise convert_error(error, body) from None
    except (json.JSONDecodeError, UnicodeDecodeError):
        raise ProviderError(Reason("answer_not_json")) from None
    return read(_parsed(value) if isinstance(value, str) else value, body["messages"], options.names)


def _parsed(body: str) -> Any:
    """Returns the JSON of a body that the server does not call JSON.

    Raises:
        WrongAddress: It is a page: the web site of a service stands at another address than its API.
        ProviderError: It is something else.
    """
    if body.lstrip()[:200].lower().startswith(("<!doctype", "<html", "<head", "<?xml")):
        raise WrongAddress(Reason("address_without_calls"))
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise ProviderError(Reason("answer_not_json")) from None


@lru_cache(maxsize=1)
def _stream_class() -> Any:
    import openai

    class Noting(openai.Stream[object]):
        """Notes `[DONE]`, which the SDK hides: some servers send it without a finish_reason."""

        ended = False

        def _iter_events(self) -> Iterator[Any]:
            for event in super()._iter_events():
                self.ended = self.ended or event.data.startswith("[DONE]")
                yield event

    return Noting


def _stream(client: OpenAI, body: dict[str, Any], options: Options, key: tuple[str, str]) -> Reply:
    import openai

    from bots.llm.http_transport import TransportFailure, TransportTimeout

    answer = StreamedReply(body["messages"], options.names, thinks=key in _thinkers)
    try:
        stream = client.post(
            _PATH,
            cast_to=object,
            body=body,
            options=_request_options(options),
            stream=True,
            stream_cls=_stream_class(),
        )
        with stream:
            kind = stream.response.headers.get("content-type", "")
            if "json" in kind or "html" in kind:  # the endpoint does not stream
                reply = read(_parsed(stream.response.read().decode()), body["messages"], options.names)
                reply.first_token_at = time.perf_counter()
                _show(options, reply.text)
                return reply
            for chunk in stream:
                _show(options, answer.take(chunk))
                _raise_if_cancelled(options, body["messages"], answer.pieces)
    except openai.OpenAIError as error:
        _raise_if_cancelled(options, body["messages"], answer.pieces)
        raise convert_error(error, body) from None
    except TransportTimeout:
        raise ProviderError(Reason("answer_too_slow")) from None
    except TransportFailure as error:
        _raise_if_cancelled(options, body["messages"], answer.pieces)
        raise ProviderError(Reason("stream_broke_by", error=type(error).__name__)) from None
    except (json.JSONDecodeError, UnicodeDecodeError):
        raise ProviderError(Reason("stream_not_json")) from None
    if not answer.reply.finish and not stream.ended:
        raise ProviderError(Reason("stream_broke"))
    rest = answer.end()
    if answer.began_with_reasoning:
        _thinkers.add(key)
    if answer.showed_too_much and options.on_restart is not None:
        options.on_restart()
        rest = answer.reply.text
    _show(options, rest)
    return answer.reply


def _show(options: Options, text: str) -> None:
    if text and options.on_token is not None:
        options.on_token(storable(text))


def _raise_if_cancelled(options: Options, messages: Messages, pieces: Sequence[str] = ()) -> None:
    """Raises `Cancelled` if the caller wants to stop, which may be why the connection was closed."""
    if options.cancelled is not None and options.cancelled():
        raise Cancelled(of_answer(storable("".join(pieces)), messages))


def _request_options(options: Options) -> Any:
    import openai

    return {"timeout": openai.Timeout(options.timeout_s, connect=min(CONNECT_TIMEOUT_S, options.timeout_s))}


def _client(base: str, target: Target) -> OpenAI:
    key = (base, target.api_key, target.public_only)
    with _lock:
        found = _clients.get(key)
        if found is None:
            found = _clients[key] = _new_client(base, target)
        return found


def _new_client(base: str, target: Target) -> OpenAI:
    from openai import OpenAI

    from bots.llm.http_transport import InvalidAddress, http_client

    if not (target.api_key.isascii() and target.api_key.isprintable()):
        raise ProviderError(Reason("api_key_unsendable"), permanent=True)
    plain, query = base_url.split_query(base)
    try:
        return OpenAI(
            base_url=plain,
            default_query=query,
            default_headers=base_url.key_headers(plain, target.api_key),
            # Local servers need no key, but the SDK requires one.
            api_key=target.api_key or "none",
            # `complete` alone decides about retries and failover.
            max_retries=0,
            http_client=http_client(base, public_only=target.public_only),
        )
    except (InvalidAddress, ValueError):  # an impossible host name
        raise ProviderError(Reason("endpoint_address_invalid"), permanent=True) from None
