"""sentence-transformers with tiny random models that the test saves."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from memory.embedders import current, model_folder
from memory.embedders.base import Spec
from memory.errors import EmbedderMismatch, EmbedderUnavailable
from memory.models import EmbedderChoice
from memory.storage import embedding_backfill
from memory.store import MemoryStore
from tests.memory.builders import person, say

WORDS = ("tea", "dog", "sister", "lives", "in", "chengdu", "query", "passage", ":", ".", "我", "爱", "茶", "rex")


def make_model(folder: Path, *, hidden: int = 24, prompts: dict[str, str] | None = None) -> Path:
    """Saves a BERT with two small layers, random weights and a few words, in the format of sentence-transformers."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from transformers import BertConfig, BertModel, BertTokenizer

    torch.manual_seed(1)
    raw = folder.with_name(folder.name + "-raw")
    raw.mkdir(parents=True)
    (raw / "vocab.txt").write_text("\n".join(("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS)), "utf8")
    BertTokenizer(str(raw / "vocab.txt")).save_pretrained(raw)
    config = BertConfig(
        vocab_size=len(WORDS) + 5, hidden_size=hidden, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32
    )
    BertModel(config).save_pretrained(raw)
    transformer = Transformer(str(raw), max_seq_length=64)
    model = SentenceTransformer(modules=[transformer, Pooling(hidden)], device="cpu", prompts=prompts)
    model.save(str(folder))
    return folder


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_model(tmp_path_factory.mktemp("models") / "tiny")


def spec(model: Path | str, dimension: int = 24) -> Spec:
    return Spec("sentence-transformers", str(model), dimension=dimension)


def test_a_local_folder_gives_unit_vectors_of_its_own_dimension(model: Path) -> None:
    embedder = current.build(spec(model))
    found = embedder.embed_passages(["tea", "my dog Rex", "我爱茶", "", "x" * 100_000])
    assert found.shape == (5, 24)
    assert np.linalg.norm(found, axis=1) == pytest.approx(1, abs=1e-5)
    assert embedder.dimension == 24
    assert embedder.embed_passages([]).shape == (0, 24)


def test_another_dimension_is_refused_with_the_mend(model: Path) -> None:
    with pytest.raises(EmbedderMismatch, match=r"24 numbers .* 384: set semantic_search.dimension .* to 24"):
        current.build(spec(model, 384))
    found = current.probe(spec(model, 384))
    assert (found.ok, found.dimension) == (False, 24)


def test_the_files_tell_the_dimension_without_torch(model: Path) -> None:
    assert model_folder.dimension_of(model) == 24
    assert model_folder.dimension_of(model / "nothing here") is None


def test_prompts_of_the_model_are_put_before_questions_and_passages(tmp_path: Path) -> None:
    prompts = {"query": "query : ", "document": "passage : "}
    with_prompts = current.build(spec(make_model(tmp_path / "with", prompts=prompts)))
    without = current.build(spec(make_model(tmp_path / "without")))
    np.testing.assert_allclose(with_prompts.embed_queries(["tea"]), without.embed_passages(["query : tea"]), atol=1e-5)
    np.testing.assert_allclose(
        with_prompts.embed_passages(["tea"]), without.embed_passages(["passage : tea"]), atol=1e-5
    )


def test_e5_gets_its_prompts_although_its_files_name_none(tmp_path: Path) -> None:
    e5 = current.build(spec(make_model(tmp_path / "multilingual-e5-tiny")))
    plain = current.build(spec(make_model(tmp_path / "plain")))
    np.testing.assert_allclose(e5.embed_queries(["tea"]), plain.embed_passages(["query: tea"]), atol=1e-5)


def test_the_label_follows_the_content_and_not_the_place(model: Path, tmp_path: Path) -> None:
    copy = tmp_path / "elsewhere" / model.name
    shutil.copytree(model, copy)
    assert current.describe(spec(copy)) == current.describe(spec(model))
    other = make_model(tmp_path / "other" / model.name, hidden=32)
    assert current.describe(spec(other, 32)) != current.describe(spec(model))


@pytest.mark.parametrize("damage", ["missing", "empty", "broken"])
def test_a_folder_that_is_no_model_is_said_in_one_line(tmp_path: Path, damage: str) -> None:
    folder = tmp_path / damage
    if damage != "missing":
        folder.mkdir()
    if damage == "broken":
        (folder / "config.json").write_text("{", "utf8")
        (folder / "modules.json").write_text(json.dumps([{"type": "x"}]), "utf8")
    with pytest.raises(EmbedderUnavailable) as refused:
        current.build(spec(folder))
    assert "\n" not in str(refused.value)


@pytest.mark.django_db
def test_memories_are_embedded_and_recalled_with_it(model: Path, stored_choice: Callable[..., EmbedderChoice]) -> None:
    stored_choice(kind="sentence-transformers", model=str(model), dimension=24)
    ann = person()
    # The similarities of a random model mean nothing, so words need enough rows to decide.
    others = [f"I bought number {number} of my red cups" for number in range(12)]
    say(ann, "tea", "my sister lives in Chengdu", *others)
    assert embedding_backfill.embed_waiting() == 14
    recalled = MemoryStore(ann.bot_id).recall(ann, "sister lives in Chengdu")
    assert recalled.vector is not None
    assert recalled.vector.shape == (24,)
    assert recalled.hits[0].text == "my sister lives in Chengdu"
    assert recalled.hits[0].why["cosine"] > 0.5
    assert list(MemoryStore(ann.bot_id).stats().by_embedder) == [current.describe(spec(model))]
