"""The OpenAI-compatible endpoint: requests, refused answers, and no secret in an error."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from memory.embedders import current
from memory.embedders.base import Spec
from memory.embedders.endpoint import OpenAIEndpoint
from memory.errors import EmbedderMismatch, EmbedderUnavailable
from tests.dripping_server import DRIPS, dripping
from tests.http_server import Answer, Recorded, json_answer, serve
from tests.memory.embedders.embedding_server import Embeddings, embeddings_endpoint, vector_of

KEY = "sk-test-key-of-nobody-123456"


@pytest.fixture
def server(impatient: None) -> Iterator[Embeddings]:
    with embeddings_endpoint(key=KEY) as running:
        yield running


def client(server: Embeddings, **options: object) -> OpenAIEndpoint:
    values = {"model": "m", "endpoint": server.url, "api_key": KEY, "dimension": 16, "timeout_s": 60.0} | options
    return OpenAIEndpoint(Spec("openai", **values))  # type: ignore[arg-type]


def test_vectors_come_back_in_the_order_of_the_texts_and_of_unit_length(server: Embeddings) -> None:
    texts = ["tea with milk", "a dog called Rex", "成都"]
    found = client(server).embed_passages(texts)
    assert found.shape == (3, 16)
    for vector, text in zip(found, texts, strict=True):
        assert vector @ np.array(vector_of(text, 16)) == pytest.approx(1, abs=1e-5)


def test_many_texts_go_in_batches(server: Embeddings) -> None:
    assert client(server).embed_passages([f"text {i}" for i in range(150)]).shape == (150, 16)
    assert [len(batch) for batch in server.batches] == [64, 64, 22]


def test_an_endpoint_that_takes_few_at_a_time_is_learnt(server: Embeddings) -> None:
    server.at_once = 10
    embedder = client(server)
    assert embedder.embed_passages([f"text {i}" for i in range(64)]).shape == (64, 16)
    server.batches.clear()
    embedder.embed_passages([f"text {i}" for i in range(16)])
    assert [len(batch) for batch in server.batches] == [8, 8]


def test_one_text_that_is_refused_does_not_keep_the_others_from_their_vectors(
    server: Embeddings, caplog: pytest.LogCaptureFixture
) -> None:
    server.poison = "the text nobody takes"
    embedder = client(server)
    texts = [*(f"text {i}" for i in range(20)), server.poison]
    found = embedder.embed_passages(texts)
    assert np.linalg.norm(found, axis=1).round(3).tolist() == [1.0] * 20 + [0.0]
    assert server.poison not in caplog.text
    server.poison = ""
    server.batches.clear()
    embedder.embed_passages(texts)
    assert [len(batch) for batch in server.batches] == [21], "one bad text teaches nothing about the size of batches"


def test_an_endpoint_that_refuses_everything_stores_no_empty_vectors(server: Embeddings) -> None:
    server.status = 400
    with pytest.raises(EmbedderUnavailable, match="status 400"):
        client(server).embed_passages(["one", "two"])


@pytest.mark.parametrize("status", [429, 500, 503])
def test_passing_trouble_is_tried_again(server: Embeddings, status: int) -> None:
    server.status = status

    real = server.answer
    seen: list[int] = []

    def recovering(request: object) -> Answer:
        seen.append(1)
        if len(seen) == 3:
            server.status = 200
        return real(request)  # type: ignore[arg-type]

    server.server.respond = recovering
    assert client(server).embed_passages(["tea"]).shape == (1, 16)
    assert len(seen) == 3


def test_a_question_is_tried_once_because_somebody_waits(server: Embeddings) -> None:
    server.status = 503
    with pytest.raises(EmbedderUnavailable):
        client(server).embed_queries(["tea"])
    assert len(server.batches) == 1


def test_the_address_may_lack_its_version_and_have_a_query(server: Embeddings) -> None:
    seen: list[str] = []
    real = server.server.respond
    assert real is not None

    def versioned(request: Recorded) -> Answer:
        seen.append(request.path)
        if not request.path.startswith("/v1/"):
            return json_answer({"detail": "Not Found"}, 404)
        return real(replace(request, path=request.path.partition("?")[0]))

    server.server.respond = versioned
    embedder = client(server, endpoint=f"{server.server.url}?api-version=1")
    for _ in range(2):
        assert embedder.embed_passages(["tea"]).shape == (1, 16)
    assert seen == [f"{path}/embeddings?api-version=1" for path in ("", "/v1", "/v1")]


@pytest.mark.parametrize("name", DRIPS)
def test_a_response_in_single_bytes_holds_a_person_no_longer_than_the_time_out(name: str) -> None:
    with dripping(name) as url:
        embedder = OpenAIEndpoint(Spec("openai", model="m", endpoint=url, dimension=16, timeout_s=0.6))
        started = time.monotonic()
        with pytest.raises(EmbedderUnavailable):
            embedder.embed_queries(["where does my sister live?"])
        assert time.monotonic() - started < 4


def test_the_key_is_never_told(server: Embeddings, caplog: pytest.LogCaptureFixture) -> None:
    wrong = "sk-wrong-key-of-nobody-654321"
    embedder = client(server, api_key=wrong)
    with caplog.at_level(logging.DEBUG), pytest.raises(EmbedderMismatch, match="refuses the key") as refused:
        embedder.embed_passages(["tea"])
    assert wrong not in f"{refused.value} {caplog.text} {Spec('openai', api_key=wrong)!r}"


def test_another_length_than_the_settings_say_is_refused_with_the_mend(server: Embeddings) -> None:
    with pytest.raises(EmbedderMismatch, match=r"vectors of 16 numbers .* 8: set semantic_search.dimension .* to 16"):
        client(server, dimension=8).embed_passages(["tea"])


@pytest.mark.parametrize(
    "answer",
    [
        Answer(200, b"<html>hello</html>"),
        json_answer({"data": []}),
        json_answer({"data": [{"index": 0, "embedding": ["a"] * 16}]}),
        json_answer({"data": [{"index": 0, "embedding": [float("nan")] * 16}]}),
        json_answer({"data": [{"index": 0, "embedding": [[1.0]] * 16}]}),
        json_answer([1, 2]),
        json_answer({"object": "error"}),
    ],
)
def test_an_answer_that_is_something_else_is_no_traceback(answer: Answer, impatient: None) -> None:
    with serve() as server:
        server.answer(answer)
        spec = Spec("openai", "m", f"{server.url}/v1", dimension=16, timeout_s=60.0)
        with pytest.raises(EmbedderUnavailable):
            OpenAIEndpoint(spec).embed_passages(["tea"])


@pytest.mark.parametrize("text", ["", "   ", "\0", "\ud800 lone", "x" * 1_000_000, "🦊" * 50])
def test_strange_texts_are_sent_as_texts_any_endpoint_takes(server: Embeddings, text: str) -> None:
    assert client(server).embed_passages([text]).shape == (1, 16)
    sent = server.batches[-1][0]
    assert sent.strip()
    assert len(sent) <= 8000


def test_nobody_listening_is_said_in_one_line(impatient: None) -> None:
    found = current.probe(Spec("openai", "m", "http://127.0.0.1:9/v1", dimension=16, timeout_s=2.0))
    assert not found.ok
    assert "the embedding endpoint fails" in str(found.text)
    assert "\n" not in str(found.text)


def test_a_probe_measures_the_dimension_and_says_how_to_mend_it(server: Embeddings) -> None:
    fitting = current.probe(Spec("openai", "m", server.url, KEY, 16))
    assert (fitting.ok, fitting.dimension) == (True, 16)
    other = current.probe(Spec("openai", "m", server.url, KEY, 384))
    assert (other.ok, other.dimension) == (False, 16)
    assert str(other.text) == "its vectors have 16 numbers, the dimension says 384: set the dimension to 16"


def test_the_label_tells_endpoint_model_and_dimension_apart() -> None:
    one = Spec("openai", "m", "https://a.example/v1", dimension=16)
    others = [
        Spec("openai", "n", "https://a.example/v1", dimension=16),
        Spec("openai", "m", "https://b.example/v1", dimension=16),
        Spec("openai", "m", "https://a.example/v1", dimension=32),
    ]
    labels = {current.describe(spec) for spec in [one, *others]}
    assert len(labels) == 4
    assert current.describe(Spec("openai", "m", "https://a.example/v1", "key", 16, 5.0)) == current.describe(one)
    assert len(current.describe(Spec("openai", "m" * 300, "https://a.example/v1"))) <= 74


def test_a_private_address_that_no_superuser_entered_is_not_called(server: Embeddings) -> None:
    with pytest.raises(EmbedderUnavailable, match="not a public address"):
        client(server, public_only=True).embed_passages(["tea"])
    assert not server.batches
