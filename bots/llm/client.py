"""Makes one call to one endpoint through the `openai` SDK: chat completions, or Anthropic's Messages API.

The SDK's typed `chat.completions.create` costs four times the CPU of the request itself (it transforms every message
and builds a pydantic tree of the answer), so its documented low-level `post` is used, which gives plain dictionaries.
"""

from __future__ import annotations

import json
import logging
import os
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from cachetools import LRUCache

from bots.llm import anthropic, request_body, thoughts
from bots.llm.answer_text import of_answer
from bots.llm.errors import Cancelled, ProviderError, RequestRefused, WrongAddress
from bots.llm.replies import Reply, StreamedReply, read
from bots.llm.request_body import Options
from bots.llm.sdk_errors import PARAMETERS, AnswerTooLong, ParameterRefused, convert_error
from bots.llm.types import Messages, Target
from bots.models.provider import ModelProvider
from clawdbot.http import base_url, socket_deadline
from clawdbot.reasons import Reason
from clawdbot.storable_text import storable

if TYPE_CHECKING:
    from openai import OpenAI

CONNECT_TIMEOUT_S = 5.0
_PATH = "/chat/completions"
ANTHROPIC = ModelProvider.Protocol.ANTHROPIC

logger = logging.getLogger(__name__)
_lock = threading.Lock()
_clients: LRUCache[tuple[str, str, bool, str], OpenAI] = LRUCache(32)
# Models that send reasoning and its closing tag without the opening one.
_thinkers: set[tuple[str, str]] = set()
# Models that think before they answer, so their answers need room for it.
_reasoners: set[tuple[str, str]] = set()
# The longest answer that an endpoint allows, in tokens, where a refusal has named it.
_longest: dict[tuple[str, str], int] = {}
# The form of an endpoint's address that answered, where it is another than the configured one.
_bases: dict[str, str] = {}
# Parameters that an endpoint has refused: not every server supports every parameter.
_refused: dict[tuple[str, str], frozenset[str]] = {}


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
        base = base_of(target)
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


def base_of(target: Target) -> str:
    """Returns the base address, in the form that has answered where it is known.

    Raises:
        ProviderError: The address cannot be used.
    """
    try:
        return _bases.get(target.endpoint) or base_url.normal(target.endpoint)
    except base_url.AddressUnusable:  # stored before the form became strict
        raise ProviderError(Reason("endpoint_address_invalid"), permanent=True) from None


def _ask_at(base: str, target: Target, messages: Messages, options: Options) -> Reply:
    key = (target.endpoint, target.model)
    known = refused = _refused.get(key, frozenset())
    passing: set[str] = set()
    for _ in range(3 + len(PARAMETERS)):
        call = _call(target, messages, options, refused)
        try:
            reply = (_stream if options.on_token else _whole)(_client(base, target), call, options)
        except AnswerTooLong as error:
            if error.longest >= _longest.get(key, options.max_tokens + request_body.ROOM_TO_THINK):
                raise ProviderError(Reason("endpoint_refused"), permanent=True) from None
            _longest[key] = error.longest
        except ParameterRefused as error:
            if error.parameter == "tools" and target.tools == "on":
                raise ProviderError(Reason("endpoint_refused"), permanent=True) from None
            refused |= {_next_form(error.parameter, refused)}
            passing |= set() if error.lasting else {error.parameter}
        else:
            if not reply.text.strip() and not reply.calls and (reply.refused or reply.finish == "content_filter"):
                raise RequestRefused(Reason("endpoint_refused"), permanent=True)
            if reply.thinks and not target.is_demo:
                _reasoners.add(key)
            if refused != known:  # kept only now, because an error may name a parameter and mean the prompt
                _refused[key] = _refused.get(key, frozenset()) | (refused - passing)
            return reply
    raise ProviderError(Reason("every_form_refused"), permanent=True)


def _next_form(parameter: str, refused: frozenset[str]) -> str:
    """Returns what to leave out: of a structured answer first the schema, then the whole format."""
    return "json_schema" if parameter == "response_format" and "json_schema" not in refused else parameter


def clear_cache() -> None:
    """Closes all clients and forgets which parameters endpoints refused."""
    with _lock:
        for client in _clients.values():
            client.close()
        _clients.clear()
        _refused.clear()
        _thinkers.clear()
        _reasoners.clear()
        _longest.clear()
        _bases.clear()


# After a fork, parent and child must not share a socket.
os.register_at_fork(after_in_child=clear_cache)


@dataclass(frozen=True, slots=True)
class _Call:
    """A call as the product sees it, and as it is sent.

    Attributes:
        body: In OpenAI's shape; errors and echoes are read by it.
        sent: What is sent.
        path: Where it is sent to, below the base address.
        key: Endpoint and model.
        native: It speaks Anthropic's Messages API.
        no_bearer: The key has another header only.
    """

    body: dict[str, Any]
    sent: dict[str, Any]
    path: str
    key: tuple[str, str]
    native: bool
    no_bearer: bool = False

    def read(self, value: Any, options: Options) -> Reply:
        shaped = anthropic.completion(value, options.names) if self.native else value
        return read(shaped, self.body["messages"], options.names)


def _call(target: Target, messages: Messages, options: Options, refused: frozenset[str]) -> _Call:
    key = (target.endpoint, target.model)
    options = replace(options, max_tokens=min(options.max_tokens, _longest.get(key, options.max_tokens)))
    own = thoughts.of_model(messages, key)
    body = request_body.of_call(target, own, options, refused, thinks=key in _reasoners and not options.minimal)
    longest = "max_completion_tokens" if "max_completion_tokens" in body else "max_tokens"
    body[longest] = min(body[longest], _longest.get(key, body[longest]))
    if target.protocol == ANTHROPIC:
        structured = (body.get("response_format") or {}).get("type") == "json_schema"
        sent = anthropic.request(body, request_body.further(target), options.schema if structured else None)
        bare = not target.api_key or anthropic.takes_no_bearer(target.endpoint)
        return _Call(body, sent, anthropic.PATH, key, native=True, no_bearer=bare)
    return _Call(body, request_body.in_openai_shape(target, body, refused), _PATH, key, native=False)


def _whole(client: OpenAI, call: _Call, options: Options) -> Reply:
    import openai

    try:
        value = client.post(call.path, cast_to=object, body=call.sent, options=_request_options(options, call))
    except openai.OpenAIError as error:
        _raise_if_cancelled(options, call.body["messages"])
        raise convert_error(error, call.body) from None
    except (json.JSONDecodeError, UnicodeDecodeError):
        raise ProviderError(Reason("answer_not_json")) from None
    return call.read(_parsed(value) if isinstance(value, str) else value, options)


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


def _stream(client: OpenAI, call: _Call, options: Options) -> Reply:
    import openai

    from bots.llm.http_transport import TransportFailure, TransportTimeout

    messages = call.body["messages"]
    answer = StreamedReply(messages, options.names, thinks=call.key in _thinkers)
    events = anthropic.Events(options.names) if call.native else None
    try:
        stream = client.post(
            call.path,
            cast_to=object,
            body=call.sent,
            options=_request_options(options, call),
            stream=True,
            stream_cls=_stream_class(),
        )
        with stream:
            kind = stream.response.headers.get("content-type", "")
            if "json" in kind or "html" in kind:  # the endpoint does not stream
                reply = call.read(_parsed(stream.response.read().decode()), options)
                reply.first_token_at = time.perf_counter()
                _show(options, reply.text)
                return reply
            for chunk in stream:
                _show(options, answer.take(chunk) if events is None else answer.take_event(events, chunk))
                _raise_if_cancelled(options, messages, answer.pieces)
    except openai.OpenAIError as error:
        _raise_if_cancelled(options, messages, answer.pieces)
        raise convert_error(error, call.body) from None
    except TransportTimeout:
        raise ProviderError(Reason("answer_too_slow")) from None
    except TransportFailure as error:
        _raise_if_cancelled(options, messages, answer.pieces)
        raise ProviderError(Reason("stream_broke_by", error=type(error).__name__)) from None
    except (json.JSONDecodeError, UnicodeDecodeError):
        raise ProviderError(Reason("stream_not_json")) from None
    if not answer.reply.finish and not (stream.ended or (events is not None and events.ended)):
        raise ProviderError(Reason("stream_broke"))
    rest = answer.end()
    if answer.began_with_reasoning:
        _thinkers.add(call.key)
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


def _request_options(options: Options, call: _Call) -> Any:
    import openai

    timeout = openai.Timeout(options.timeout_s, connect=min(CONNECT_TIMEOUT_S, options.timeout_s))
    # The SDK leaves its own header out only when the request says so.
    return {"timeout": timeout, "headers": {"Authorization": openai.Omit()}} if call.no_bearer else {"timeout": timeout}


def _client(base: str, target: Target) -> OpenAI:
    key = (base, target.api_key, target.public_only, target.protocol)
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
    native = target.protocol == ANTHROPIC
    try:
        return OpenAI(
            base_url=plain,
            default_query=query,
            default_headers=anthropic.headers(plain, target.api_key)
            if native
            else base_url.key_headers(plain, target.api_key),
            # Local servers need no key, but the SDK requires one.
            api_key=target.api_key or "none",
            # `complete` alone decides about retries and failover.
            max_retries=0,
            http_client=http_client(base, public_only=target.public_only),
        )
    except (InvalidAddress, ValueError):  # an impossible host name
        raise ProviderError(Reason("endpoint_address_invalid"), permanent=True) from None
