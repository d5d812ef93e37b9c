"""An OpenAI-compatible embeddings endpoint: vectors from words, and failures on demand."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tests.http_server import Answer, Recorded, Server, json_answer, serve


def vector_of(text: str, dimension: int) -> list[float]:
    """Returns a vector that is similar for texts with common words."""
    total = np.zeros(dimension)
    for word in text.lower().split():
        seed = int.from_bytes(hashlib.blake2b(word.encode(), digest_size=4).digest(), "big")
        total += np.random.default_rng(seed).standard_normal(dimension)
    return [float(number) for number in total / max(np.linalg.norm(total), 1e-9)]


@dataclass
class Embeddings:
    """The endpoint.

    Attributes:
        status: Answers this status if it is not 200.
        at_once: Answers more texts in one request with a 400.
        poison: Answers a request with this text with a 400.
    """

    server: Server
    dimension: int = 16
    key: str = ""
    status: int = 200
    at_once: int = 1000
    poison: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    batches: list[list[str]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"{self.server.url}/v1"

    def answer(self, request: Recorded) -> Answer:
        texts: list[str] = request.json["input"]
        self.batches.append(texts)
        if self.key and request.headers.get("authorization") != f"Bearer {self.key}":
            return _error(401, f"Incorrect API key provided: {request.headers.get('authorization')}")
        if self.status != 200:
            return _error(self.status, "The server had an error", **self.headers)
        if request.path != "/v1/embeddings":
            return _error(404, "no such path")
        if len(texts) > self.at_once or (self.poison and self.poison in texts):
            return _error(400, "invalid input")
        data: list[dict[str, Any]] = [
            {"object": "embedding", "index": i, "embedding": vector_of(text, self.dimension)}
            for i, text in enumerate(texts)
        ]
        # The protocol promises the index, not the order of the list.
        return json_answer({"object": "list", "model": request.json["model"], "data": data[::-1]})


def _error(status: int, message: str, **headers: str) -> Answer:
    return json_answer({"error": {"message": message, "type": "x"}}, status, **headers)


@contextmanager
def embeddings_endpoint(**options: Any) -> Iterator[Embeddings]:
    with serve() as server:
        endpoint = Embeddings(server, **options)
        server.respond = endpoint.answer
        yield endpoint
