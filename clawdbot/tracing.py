"""Traces of messages for a collector of OpenTelemetry: one trace from the webhook to the delivery, over all processes.

The request id that each row of the queues keeps is the context: trace and first span are derived from it, so every
process continues the trace of its row, also after a restart. Without `configure` nothing is imported and a span costs a
look at a variable. Spans hold names and codes, never a text of a person.
"""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from clawdbot import request_id

if TYPE_CHECKING:
    from opentelemetry.trace import SpanContext

logger = logging.getLogger(__name__)

Attribute = str | int | float | bool
_PATH = "/v1/traces"
_EXPORT_S = 10
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class _Options:
    endpoint: str
    headers: str
    ratio: float


_options: _Options | None = None
_tracer: Any = None


def configure(endpoint: str, headers: str = "", ratio: float = 1.0) -> None:
    """Says where traces go; "" for nowhere. Imports nothing.

    Args:
        endpoint: Address of a collector of OTLP over HTTP.
        headers: "Name=value", separated by commas.
        ratio: Share of messages to trace, 0 to 1; all spans of a message are traced, or none.
    """
    global _options
    _options = _Options(endpoint.rstrip("/"), headers, ratio) if endpoint and ratio > 0 else None


def start() -> None:
    """Loads what the first span needs, in advance. Without the packages nothing is traced, and the log says so."""
    if _options is not None:
        _ready()


def stop() -> None:
    """Sends what waits, for 10 seconds at most, and traces nothing until the next span."""
    global _tracer
    with _lock:
        tracer, _tracer = _tracer, None
    if tracer:
        tracer.provider.shutdown()


@contextmanager
def span(name: str, key: str = "", *, first: bool = False, **attributes: Attribute) -> Iterator[None]:
    """Traces the block.

    Args:
        name: What it does, e.g. "turn".
        key: Request id of the message; "" for the current one. Without one nothing is traced.
        first: It begins the trace: spans of other processes hang below it.
        attributes: Names, codes and numbers.
    """
    key = key or request_id.current()
    tracer = _ready() if _options is not None and key else None
    if not tracer:
        yield
        return
    with tracer.span(name, key, first, attributes):
        yield


def record(name: str, seconds: float, key: str = "", *, ok: bool = True, **attributes: Attribute) -> None:
    """Notes a span that ends now, below the one in which it is called; `key` as of `span`."""
    key = key or request_id.current()
    if _options is not None and key and (tracer := _ready()):
        tracer.record(name, key, seconds, ok, attributes)


def _ready() -> Any:
    global _tracer
    if _tracer is None and _options is not None:
        with _lock:
            if _tracer is None:
                try:
                    _tracer = _Tracer(_options)
                except ImportError:
                    _tracer = False
                    logger.error("otel.endpoint is set, but its packages are not: pip install -r requirements-otel.txt")
    return _tracer


def trace_id(key: str) -> int:
    """Returns the id of the trace of a message."""
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:16]) or 1


def _first_id(key: str) -> int:
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[16:24]) or 1


def _headers(text: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in text.split(",") if "=" in part)
    return {name.strip(): value.strip() for name, _sign, value in pairs}


class _Tracer:
    """Makes the spans. The packages are imported here."""

    def __init__(self, options: _Options) -> None:
        from opentelemetry import context, trace
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
        from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
        from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased

        ids = _ids(RandomIdGenerator)
        sampler = TraceIdRatioBased(options.ratio)
        # Of a message whose first span another process made, only the id is known: it decides in the same way.
        parents = ParentBased(sampler, remote_parent_sampled=sampler, remote_parent_not_sampled=sampler)
        self.provider = TracerProvider(
            sampler=parents, resource=Resource.create({"service.name": "clawdbot"}), id_generator=ids
        )
        url = options.endpoint if options.endpoint.endswith(_PATH) else options.endpoint + _PATH
        # It sends from a thread of its own and drops spans when the collector is slow: no message waits for it.
        exporter = OTLPSpanExporter(endpoint=url, headers=_headers(options.headers), timeout=_EXPORT_S)
        self.provider.add_span_processor(BatchSpanProcessor(exporter))
        self._ids = ids
        self._context, self._trace = context, trace
        self._tracer = self.provider.get_tracer("clawdbot")

    @contextmanager
    def span(self, name: str, key: str, first: bool, attributes: Mapping[str, Attribute]) -> Iterator[None]:
        parent = self._context.Context() if first else self._parent(key)  # an empty one is below nothing
        with self._ids.fixed(key if first else ""):
            made = self._tracer.start_span(name, parent, attributes=self._named(key, attributes))
        token = self._context.attach(self._trace.set_span_in_context(made))
        try:
            yield
        except Exception as error:
            made.set_status(self._trace.StatusCode.ERROR, type(error).__name__)  # its text may hold what people wrote
            raise
        finally:
            self._context.detach(token)
            made.end()

    def record(self, name: str, key: str, seconds: float, ok: bool, attributes: Mapping[str, Attribute]) -> None:
        now = time.time_ns()
        made = self._tracer.start_span(
            name, self._parent(key), attributes=self._named(key, attributes), start_time=now - int(seconds * 1e9)
        )
        if not ok:
            made.set_status(self._trace.StatusCode.ERROR)
        made.end(now)

    def _parent(self, key: str) -> Any:
        """Returns the context of the present span of this message; of its first span if there is none here."""
        present = self._trace.get_current_span().get_span_context()
        if present.is_valid and present.trace_id == trace_id(key):
            return None
        return self._trace.set_span_in_context(self._trace.NonRecordingSpan(self._remote(key)))

    def _remote(self, key: str) -> SpanContext:
        flags = self._trace.TraceFlags(self._trace.TraceFlags.SAMPLED)
        found: SpanContext = self._trace.SpanContext(trace_id(key), _first_id(key), is_remote=True, trace_flags=flags)
        return found

    @staticmethod
    def _named(key: str, attributes: Mapping[str, Attribute]) -> dict[str, Attribute]:
        return {"clawdbot.request_id": key} | {f"clawdbot.{name}": value for name, value in attributes.items()}


def _ids(base: Any) -> Any:
    class Ids(base):  # type: ignore[misc]  # the class is known only after the import
        """Random ids, but those of a message for its first span."""

        def __init__(self) -> None:
            self._local = threading.local()

        @contextmanager
        def fixed(self, key: str) -> Iterator[None]:
            self._local.key = key
            try:
                yield
            finally:
                self._local.key = ""

        def generate_trace_id(self) -> int:
            key = getattr(self._local, "key", "")
            return trace_id(key) if key else int(super().generate_trace_id())

        def generate_span_id(self) -> int:
            key = getattr(self._local, "key", "")
            return _first_id(key) if key else int(super().generate_span_id())

    return Ids()
