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

from bots.llm.alternation import alternating
from bots.llm.answer_text import AnswerStream, of_answer, of_content, without_reasoning
from bots.llm.echo import without_echo
from bots.llm.errors import Cancelled, ProviderError, RequestRefused, WrongAddress
from bots.llm.sdk_errors import PARAMETERS, ParameterRefused, code_word, convert_error
from bots.llm.types import ChatMessage, Messages, Target
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


@dataclass(slots=True)
class Reply:
    """The result of one call. Token counts are None when the endpoint reports none; times are time.perf_counter()."""

    text: str = ""
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    first_token_at: float | None = None
    model: str = ""
    finish: str = ""
    refused: bool = False


@dataclass(frozen=True, slots=True)
class Options:
    """Parameters of one call; `timeout_s` in seconds, callbacks as in `complete`."""

    max_tokens: int
    temperature: float
    timeout_s: float
    on_token: Callable[[str], None] | None = None
    cancelled: Callable[[], bool] | None = None
    on_restart: Callable[[], None] | None = None


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
    for _ in range(1 + len(PARAMETERS)):
        body = _body(target, messages, options, refused)
        try:
            call = _stream if options.on_token else _whole
            reply = call(_client(base, target), body, options, key)
        except ParameterRefused as error:
            refused |= {error.parameter}
        else:
            if not reply.text.strip() and (reply.refused or reply.finish == "content_filter"):
                raise RequestRefused(Reason("endpoint_refused"), permanent=True)
            if refused != known:  # kept only now, because an error may name a parameter and mean the prompt
                _refused[key] = _refused.get(key, frozenset()) | refused
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
    said = messages if target.is_demo else alternating(messages)
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
    if target.is_demo:
        body["cache_prompt"] = True
    return body


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
    return _read(_parsed(value) if isinstance(value, str) else value, body["messages"])


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


def _read(value: Any, messages: Messages) -> Reply:
    try:
        usage = value.get("usage") or {}
        choice = value["choices"][0]
        return Reply(
            text=of_answer(storable(of_content(choice["message"].get("content"))), messages),
            prompt_tokens=_count(usage.get("prompt_tokens")),
            completion_tokens=_count(usage.get("completion_tokens")),
            model=storable(str(value.get("model") or "")),
            finish=code_word(choice.get("finish_reason")),
            refused=bool(choice["message"].get("refusal")),
        )
    except (AttributeError, LookupError, TypeError):
        raise ProviderError(Reason("answer_not_completion")) from None


def _count(number: object) -> int | None:
    """Returns a token count that fits the column, because endpoints report arbitrary values."""
    return number if isinstance(number, int) and 0 <= number < 2**31 else None


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


def _nothing(_text: str) -> None:
    return None


def _stream(client: OpenAI, body: dict[str, Any], options: Options, key: tuple[str, str]) -> Reply:
    import openai

    from bots.llm.http_transport import TransportFailure, TransportTimeout

    show = options.on_token or _nothing
    reply = Reply()
    pieces: list[str] = []
    thinks = key in _thinkers
    shown = AnswerStream(body["messages"], thinks=thinks)
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
                reply = _read(_parsed(stream.response.read().decode()), body["messages"])
                reply.first_token_at = time.perf_counter()
                show(reply.text)
                return reply
            for chunk in stream:
                _take(chunk, reply, pieces, shown, options)
                _raise_if_cancelled(options, body["messages"], pieces)
    except openai.OpenAIError as error:
        _raise_if_cancelled(options, body["messages"], pieces)
        raise convert_error(error, body) from None
    except TransportTimeout:
        raise ProviderError(Reason("answer_too_slow")) from None
    except TransportFailure as error:
        _raise_if_cancelled(options, body["messages"], pieces)
        raise ProviderError(Reason("stream_broke_by", error=type(error).__name__)) from None
    except (json.JSONDecodeError, UnicodeDecodeError):
        raise ProviderError(Reason("stream_not_json")) from None
    if not reply.finish and not stream.ended:
        raise ProviderError(Reason("stream_broke"))
    whole = storable("".join(pieces))  # some servers cut an emoji in two
    answer = without_reasoning(whole)
    reply.text = without_echo(answer, body["messages"])
    if answer != whole and not whole.lstrip().lower().startswith("<think"):
        _thinkers.add(key)
        if not thinks and options.on_restart is not None:
            options.on_restart()
            show(reply.text)
            return reply
    if rest := shown.rest():
        show(storable(rest))
    return reply


def _raise_if_cancelled(options: Options, messages: Messages, pieces: Sequence[str] = ()) -> None:
    """Raises `Cancelled` if the caller wants to stop, which may be why the connection was closed."""
    if options.cancelled is not None and options.cancelled():
        raise Cancelled(of_answer(storable("".join(pieces)), messages))


def _read_chunk(chunk: dict[str, Any], reply: Reply) -> str:
    """Copies the chunk's metadata to `reply` and returns the chunk's text."""
    if usage := chunk.get("usage"):
        reply.prompt_tokens = _count(usage.get("prompt_tokens"))
        reply.completion_tokens = _count(usage.get("completion_tokens"))
    reply.model = reply.model or storable(str(chunk.get("model") or ""))
    choices = chunk.get("choices") or ()
    if not choices:
        return ""
    # A stream without finish_reason was cut off: without a content length, a lost connection looks like a normal end.
    reply.finish = code_word(choices[0].get("finish_reason")) or reply.finish
    delta = choices[0].get("delta") or {}
    reply.refused = reply.refused or bool(delta.get("refusal"))
    return of_content(delta.get("content"))


def _take(chunk: Any, reply: Reply, pieces: list[str], shown: AnswerStream, options: Options) -> None:
    if not isinstance(chunk, dict):
        raise ProviderError(Reason("stream_not_completion"))
    try:
        text = _read_chunk(chunk, reply)
    except (AttributeError, LookupError, TypeError):
        raise ProviderError(Reason("stream_not_completion")) from None
    if text:
        if reply.first_token_at is None:
            reply.first_token_at = time.perf_counter()
        pieces.append(text)
        if options.on_token is not None and (now := shown.take(text)):
            options.on_token(storable(now))


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
