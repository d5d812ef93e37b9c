from __future__ import annotations

import pickle
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from clawdbot import crypto, keyfiles, signatures


@pytest.fixture
def keys() -> Iterator[list[str]]:
    before = crypto._keyring
    fresh = [crypto.generate_key(), crypto.generate_key()]
    crypto.configure(fresh)
    yield fresh
    crypto._keyring = before


def test_a_mapping_comes_back_and_is_not_readable_in_between(keys: list[str]) -> None:
    token = crypto.encrypt_json({"token": "topsecret", "名": "值", "list": [1, None]})
    assert "topsecret" not in token
    assert crypto.decrypt_json(token) == {"token": "topsecret", "名": "值", "list": [1, None]}


def test_every_key_decrypts_and_the_first_encrypts(keys: list[str]) -> None:
    old = crypto.Keyring([keys[1]]).encrypt(b'{"a": 1}')
    assert crypto.decrypt_json(old) == {"a": 1}
    with pytest.raises(crypto.DecryptionError):
        crypto.Keyring([keys[1]]).decrypt(crypto.encrypt_json({"a": 1}))


def test_rotation_makes_the_old_key_unnecessary(keys: list[str]) -> None:
    old = crypto.Keyring([keys[1]]).encrypt(b'{"a": 1}')
    assert crypto.Keyring([keys[0]]).decrypt(crypto.rotate(old)) == b'{"a": 1}'


@pytest.mark.parametrize("token", ["", "gAAAA", "not ascii é", "x" * 200])
def test_a_foreign_or_broken_token_is_a_permanent_error(keys: list[str], token: str) -> None:
    with pytest.raises(crypto.DecryptionError) as caught:
        crypto.decrypt_json(token)
    assert caught.value.permanent


def test_a_token_that_holds_no_object_is_refused(keys: list[str]) -> None:
    for content in (b"[1]", b"nonsense"):
        with pytest.raises(crypto.DecryptionError):
            crypto.decrypt_json(crypto.keyring().encrypt(content))


def test_without_configuration_nothing_is_encrypted(keys: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crypto, "_keyring", None)
    with pytest.raises(crypto.KeyringNotConfigured):
        crypto.encrypt_json({})


def test_a_malformed_key_is_named_by_number_and_never_shown() -> None:
    with pytest.raises(crypto.CryptoError, match="number 2") as caught:
        crypto.Keyring([crypto.generate_key(), "malformed-key-value"])
    assert "malformed-key-value" not in str(caught.value)
    with pytest.raises(crypto.CryptoError):
        crypto.Keyring([])


@pytest.mark.parametrize(
    "error", [crypto.CryptoError("a"), crypto.DecryptionError("b"), crypto.KeyringNotConfigured("c")]
)
def test_crypto_errors_pickle(error: crypto.CryptoError) -> None:
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), again.permanent) == (type(error), str(error), True)


def test_adapters_of_others_find_the_checks_where_the_guide_named_them() -> None:
    for name in ("compare", "hmac_hex", "verify_any"):
        assert getattr(crypto, name) is getattr(signatures, name)


def test_a_key_file_is_made_once_and_for_the_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "data.key"
    first = keyfiles.load_or_create(path)
    assert keyfiles.load_or_create(path) == first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [item.name for item in path.parent.iterdir()] == ["data.key"]


def test_processes_that_start_together_get_the_same_key(tmp_path: Path) -> None:
    path = tmp_path / "data.key"
    found: list[list[str]] = []
    threads = [threading.Thread(target=lambda: found.append(keyfiles.load_or_create(path))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert all(keys == found[0] for keys in found)


def test_an_added_key_comes_first_and_the_old_one_still_decrypts(tmp_path: Path) -> None:
    path = tmp_path / "data.key"
    old = keyfiles.load_or_create(path)
    token = crypto.Keyring(old).encrypt(b"x")
    new = keyfiles.add_key(path)
    assert new[1:] == old
    assert new == keyfiles.load_or_create(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert crypto.Keyring(new).decrypt(token) == b"x"


def test_a_key_file_that_others_can_read_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "data.key"
    keyfiles.load_or_create(path)
    path.chmod(0o644)
    keyfiles.load_or_create(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_an_empty_key_file_is_an_error_not_a_new_key(tmp_path: Path) -> None:
    path = tmp_path / "data.key"
    path.write_text("\n")
    with pytest.raises(crypto.CryptoError, match="empty"):
        keyfiles.load_or_create(path)
