"""The cross-encoder with a tiny random model, which the test saves and sentence-transformers loads."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command

from memory.ranking import reranker
from memory.store import MemoryStore
from tests.memory.builders import person, say

SAID = ("tea in chengdu", "my sister has a dog", "the dog drinks tea", "rex is a dog", "we live here", "me, i like tea")
WORDS = sorted({word for text in SAID for word in text.replace(",", "").split()} | {"where", "ann", ":", ",", "clawd"})


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Saves a BERT with one small layer and random weights as a cross-encoder."""
    import torch
    from sentence_transformers import CrossEncoder
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizer

    torch.manual_seed(3)
    raw, folder = tmp_path_factory.mktemp("raw"), tmp_path_factory.mktemp("models") / "tiny-cross"
    (raw / "vocab.txt").write_text("\n".join(("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS)), "utf8")
    BertTokenizer(str(raw / "vocab.txt")).save_pretrained(raw)
    config = BertConfig(
        vocab_size=len(WORDS) + 5, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16,
        num_labels=1, initializer_range=1.0,
    )  # fmt: skip
    BertForSequenceClassification(config).save_pretrained(raw)
    CrossEncoder(str(raw), device="cpu").save_pretrained(str(folder))
    return folder


@pytest.fixture(autouse=True)
def no_haste(monkeypatch: pytest.MonkeyPatch) -> None:
    """Loading the library takes longer than a person waits."""
    monkeypatch.setattr(reranker, "LONGEST_S", 120.0)


def _scores_of(model: Path, question: str) -> dict[str, float]:
    """Returns the scores of the library itself."""
    from sentence_transformers import CrossEncoder

    found = CrossEncoder(str(model), device="cpu").predict([(question, f"Ann: {text}") for text in SAID])
    return dict(zip(SAID, map(float, found), strict=True))


@pytest.mark.django_db
def test_the_cross_encoder_puts_the_best_into_its_order(model: Path, semantic: Callable[..., None]) -> None:
    semantic(enable=False, reranker=str(model))
    scope = person()
    say(scope, *SAID)
    store = MemoryStore(scope.bot_id)
    own = store.recall(scope, "where is the dog", k=3)
    again = store.recall(scope, "where is the dog", k=3, reranked=True)
    expected = _scores_of(model, "where is the dog")
    assert [hit.text for hit in again.hits] == sorted(SAID, key=lambda text: -expected[text])[:3]
    assert [hit.text for hit in again.hits] != [hit.text for hit in own.hits]
    assert [hit.score for hit in again.hits] == pytest.approx([expected[hit.text] for hit in again.hits], abs=1e-3)
    assert all("fused" in hit.why and hit.why["rerank"] == hit.score for hit in again.hits)
    assert again.not_reranked == ""


@pytest.mark.django_db
def test_what_lies_behind_the_pool_stays_behind_it(
    model: Path, semantic: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    semantic(enable=False, reranker=str(model))
    monkeypatch.setattr(reranker, "POOL", 2)
    scope = person()
    say(scope, *SAID)
    store = MemoryStore(scope.bot_id)
    own = [hit.text for hit in store.recall(scope, "where is the dog", k=6).hits]
    again = [hit.text for hit in store.recall(scope, "where is the dog", k=6, reranked=True).hits]
    assert set(again[:2]) == set(own[:2])
    assert again[2:] == own[2:]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "reason"),
    [("", "semantic_search.reranker is empty"), ("/nowhere/at/all", "no model folder"), ("{broken}", "not usable")],
)
def test_recall_goes_on_without_it_and_says_why(
    name: str, reason: str, semantic: Callable[..., None], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "config.json").write_text("{", "utf8")
    semantic(enable=False, reranker=name.format(broken=tmp_path))
    scope = person()
    say(scope, *SAID)
    store = MemoryStore(scope.bot_id)
    found = store.recall(scope, "where is the dog", k=3, reranked=True)
    assert [hit.text for hit in found.hits] == [hit.text for hit in store.recall(scope, "where is the dog", k=3).hits]
    assert reason in found.not_reranked
    assert bool(name) == ("the order of recall stays as it was" in caplog.text)
    caplog.clear()
    assert reason in store.recall(scope, "where is the dog", reranked=True).not_reranked
    assert caplog.text == ""  # the next try is a minute later


@pytest.mark.django_db
def test_nothing_is_loaded_for_a_bot_that_does_not_ask(
    semantic: Callable[..., None], caplog: pytest.LogCaptureFixture
) -> None:
    semantic(enable=False, reranker="/nowhere/at/all")
    scope = person()
    say(scope, *SAID)
    assert MemoryStore(scope.bot_id).recall(scope, "where is the dog").not_reranked == ""
    assert caplog.text == ""


@pytest.mark.django_db
def test_the_command_asks_for_it_where_the_bot_does(semantic: Callable[..., None], tmp_path: Path) -> None:
    semantic(enable=False, reranker="")
    scope = person(key="ann")
    say(scope, *SAID)
    bots: Any = apps.get_model("bots", "Bot")
    bots.objects.filter(pk=scope.bot_id).update(rerank=True)
    questions = tmp_path / "q.jsonl"
    questions.write_text('{"id": "q", "text": "where is the dog"}\n', "utf8")
    out, slug = StringIO(), bots.objects.get(pk=scope.bot_id).slug
    call_command("memory", "recall", "--bot", slug, "--person", "ann", "--queries", str(questions), stdout=out)
    assert "reranker is empty" in json.loads(out.getvalue())["not_reranked"]


@pytest.mark.django_db
def test_nobody_waits_long_while_it_works_for_others_or_is_loaded(
    model: Path, semantic: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    semantic(enable=False, reranker=str(model))
    scope = person()
    say(scope, *SAID)
    store = MemoryStore(scope.bot_id)
    own = [hit.text for hit in store.recall(scope, "where is the dog", k=3).hits]
    with reranker._lock:  # as a thread that loads a model from a slow hub
        monkeypatch.setattr(reranker, "LONGEST_S", 0.3)
        for _ in range(3):
            found = store.recall(scope, "where is the dog", k=3, reranked=True)
            assert [hit.text for hit in found.hits] == own
            assert found.not_reranked == f"the cross-encoder {model} takes too long or is still being loaded"
        late = [thread for thread in threading.enumerate() if thread.name == "reranker"]
        assert len(late) == 1, "the others did not wait for it"
    late[0].join(120)
    monkeypatch.setattr(reranker, "LONGEST_S", 120.0)
    assert store.recall(scope, "where is the dog", k=3, reranked=True).not_reranked == ""
