"""What is encrypted with a passphrase opens with that passphrase alone, in its own archive."""

from __future__ import annotations

import pytest

from clawdbot import sealing
from clawdbot.crypto import CryptoError, DecryptionError

WORDS = "correct horse battery"


def test_the_same_passphrase_opens_it() -> None:
    sealed, parameters = sealing.seal(b"a key", WORDS, "archive 1")
    assert b"a key" not in sealed
    assert WORDS not in str(parameters)
    assert sealing.unseal(sealed, WORDS, "archive 1", parameters) == b"a key"


def test_two_seals_of_the_same_bytes_differ() -> None:
    assert sealing.seal(b"a key", WORDS, "1")[0] != sealing.seal(b"a key", WORDS, "1")[0]


@pytest.mark.parametrize(
    ("passphrase", "context", "flip"),
    [("correct horse batterx", "1", False), (WORDS, "another archive", False), (WORDS, "1", True)],
    ids=["passphrase", "archive", "bytes"],
)
def test_nothing_else_opens_it(passphrase: str, context: str, flip: bool) -> None:
    sealed, parameters = sealing.seal(b"a key", WORDS, "1")
    sealed = bytes([sealed[0] ^ 1]) + sealed[1:] if flip else sealed
    with pytest.raises(DecryptionError, match="passphrase"):
        sealing.unseal(sealed, passphrase, context, parameters)


def test_a_short_passphrase_is_refused() -> None:
    with pytest.raises(CryptoError, match="8 characters"):
        sealing.seal(b"a key", "short", "1")


@pytest.mark.parametrize(
    "changed",
    [{"cost": 2**40}, {"cost": 3}, {"cost": "many"}, {"salt": "?"}, {"kdf": "md5"}, {"nonce": ""}],
    ids=str,
)
def test_foreign_parameters_are_refused_before_they_cost_memory(changed: dict[str, object]) -> None:
    sealed, parameters = sealing.seal(b"a key", WORDS, "1")
    with pytest.raises(DecryptionError, match="does not know"):
        sealing.unseal(sealed, WORDS, "1", parameters | changed)
