"""One trace from the webhook to the delivery, in a collector that speaks OTLP over HTTP."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from bots.models import InboundEvent, OutboundMessage
from bots.pipeline.dispatch.dispatcher import MessageDispatcher
from bots.pipeline.outbox import deliver as send_out
from clawdbot import request_id, tracing
from tests.api.builders import deliver, event_body, make_channel
from tests.http_server import Answer, Server, serve

SAID = "my sister Lilly lives in Chengdu"


@pytest.fixture
def collector() -> Iterator[Server]:
    pytest.importorskip("opentelemetry.sdk", reason="make install-dev installs requirements-otel.txt")
    with serve() as server:
        tracing.configure(server.url, "Authorization=Bearer abc, X-Team=bots")
        yield server
        tracing.stop()
        tracing.configure("")


def _spans(server: Server) -> list[Any]:
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    tracing.stop()
    found = []
    for request in server.requests:
        assert request.path == "/v1/traces"
        sent = ExportTraceServiceRequest.FromString(request.body)
        found += [span for part in sent.resource_spans for scope in part.scope_spans for span in scope.spans]
    return found


@pytest.mark.django_db
@pytest.mark.usefixtures("words_only")
def test_a_message_is_one_trace_without_what_was_said(collector: Server) -> None:
    with serve() as receiver:
        channel = make_channel(account={"reply_url": receiver.url})
        with request_id.bound("request-0001"):
            deliver(channel, event_body(SAID), **{"X-Request-ID": "request-0001"})
        MessageDispatcher().process(InboundEvent.objects.get().pk)
        for row in OutboundMessage.objects.filter(state="pending"):
            send_out(row.pk)
    spans = _spans(collector)
    names = [span.name for span in spans]
    assert {"webhook", "inbox", "turn", "recall", "outbox", "delivery", "send"} <= set(names)
    assert len({span.trace_id for span in spans}) == 1
    by_id = {span.span_id: span for span in spans}
    (first,) = [span for span in spans if not span.parent_span_id]
    assert first.name == "webhook"
    assert all(span.parent_span_id in by_id for span in spans if span is not first)
    assert {by_id[span.parent_span_id].name for span in spans if span.name == "recall"} == {"turn"}
    for span in spans:
        named = {one.key: one.value.string_value for one in span.attributes}
        assert named["clawdbot.request_id"] == "request-0001"
    for request in collector.requests:
        assert request.headers["authorization"] == "Bearer abc"
        assert b"Lilly" not in request.body
        assert b"Chengdu" not in request.body


_CHILD = """
import sys
from clawdbot import tracing
tracing.configure(sys.argv[1])
with tracing.span("delivery", "request-0002"):
    tracing.record("send", 0.25, "request-0002", ok=False)
sys.exit(0)
"""


def test_another_process_continues_the_trace_and_loses_no_span_at_its_end(collector: Server) -> None:
    with tracing.span("webhook", "request-0002", first=True):
        pass
    subprocess.run([sys.executable, "-c", _CHILD, collector.url], check=True, timeout=120, env=dict(os.environ))
    webhook, *others = sorted(_spans(collector), key=lambda span: span.start_time_unix_nano)
    spans = {span.name: span for span in [webhook, *others]}
    assert {span.trace_id for span in spans.values()} == {tracing.trace_id("request-0002").to_bytes(16)}
    assert spans["delivery"].parent_span_id == spans["webhook"].span_id
    assert spans["send"].parent_span_id == spans["delivery"].span_id
    assert spans["send"].status.code == 2
    took = spans["send"].end_time_unix_nano - spans["send"].start_time_unix_nano
    assert 0.2e9 < took < 0.3e9


def test_an_error_is_named_without_its_text(collector: Server) -> None:
    with pytest.raises(ValueError, match="Lilly"), tracing.span("turn", "request-0003"):
        raise ValueError(SAID)
    (span,) = _spans(collector)
    assert span.status.message == "ValueError"
    assert b"Lilly" not in collector.requests[0].body


def test_all_processes_decide_alike_what_is_traced(collector: Server) -> None:
    tracing.configure(collector.url, ratio=0.5)
    keys = [f"request-{number:04}" for number in range(60)]
    for key in keys:
        with tracing.span("webhook", key, first=True):
            pass
        with tracing.span("delivery", key):
            pass
    spans = _spans(collector)
    traced = {name: {span.trace_id for span in spans if span.name == name} for name in ("webhook", "delivery")}
    assert traced["webhook"] == traced["delivery"]
    assert 10 < len(traced["webhook"]) < 50


def test_a_collector_that_hangs_delays_nothing(collector: Server) -> None:
    import time

    release = threading.Event()
    collector.respond = lambda _request: (release.wait(20), Answer())[1]
    began = time.monotonic()
    for number in range(3000):
        with tracing.span("turn", f"request-{number}"):
            pass
    assert time.monotonic() - began < 10
    release.set()


def test_off_by_default_and_nothing_is_imported() -> None:
    code = (
        "import sys\nfrom clawdbot import tracing\n"
        "with tracing.span('turn', 'request-0004'):\n    tracing.record('model', 1.0, 'request-0004')\n"
        "tracing.start()\nassert not [name for name in sys.modules if name.startswith('opentelemetry')]"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_without_the_packages_messages_go_on_and_the_log_says_what_to_install(monkeypatch: Any, caplog: Any) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    tracing.configure("http://127.0.0.1:9")
    try:
        for _ in range(2):
            with tracing.span("turn", "request-0005"):
                tracing.record("model", 1.0)
        assert caplog.text.count("requirements-otel.txt") == 1
    finally:
        tracing.stop()
        tracing.configure("")
