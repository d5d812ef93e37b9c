"""Encrypts stored credentials.

The database holds credentials only as Fernet tokens. A rotation adds a key to a list: the first key encrypts, all keys
decrypt. `cryptography` is imported on first use, because most commands never touch an encrypted value.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from clawdbot.errors import ClawdbotError, ConfigurationError
from clawdbot.reasons import Reason

# Third-party adapters import these names from here, as an earlier guide told them.
from clawdbot.signatures import compare as compare
from clawdbot.signatures import hmac_hex as hmac_hex
from clawdbot.signatures import verify_any as verify_any

if TYPE_CHECKING:
    from cryptography.fernet import MultiFernet


class CryptoError(ClawdbotError):
    """A value cannot be encrypted or decrypted."""

    permanent = True


class KeyringNotConfigured(CryptoError, ConfigurationError):
    """This process has no keyring: neither `configure()` nor `install()` was called."""


class DecryptionError(CryptoError):
    """No configured key decrypts the value, or the value was changed."""


class Keyring:
    """An ordered list of Fernet keys.

    Args:
        keys: URL-safe base64 keys of 32 bytes. The first encrypts, every one decrypts.

    Raises:
        CryptoError: The list is empty or a key is malformed; the message never shows a key.
    """

    def __init__(self, keys: Sequence[str | bytes]) -> None:
        from cryptography.fernet import Fernet, MultiFernet

        if not keys:
            raise CryptoError(Reason("keyring_empty"))
        fernets = []
        for number, key in enumerate(keys, start=1):
            try:
                fernets.append(Fernet(key))
            except (ValueError, TypeError):
                # `from None` drops the original message, which can contain part of the key.
                raise CryptoError(Reason("key_malformed", number=number)) from None
        self._fernet: MultiFernet = MultiFernet(fernets)

    def encrypt(self, plain: bytes) -> str:
        """Encrypts bytes with the first key."""
        return self._fernet.encrypt(plain).decode("ascii")

    def decrypt(self, token: str) -> bytes:
        """Decrypts a token that was encrypted with any of the keys.

        Raises:
            DecryptionError: No key fits.
        """
        from cryptography.fernet import InvalidToken

        try:
            return self._fernet.decrypt(token.encode("ascii"))
        except (InvalidToken, UnicodeEncodeError):
            raise DecryptionError(Reason("not_decrypted")) from None

    def rotate(self, token: str) -> str:
        """Re-encrypts a token with the first key.

        Raises:
            DecryptionError: No key fits.
        """
        return self.encrypt(self.decrypt(token))


_keyring: Keyring | None = None


def configure(keys: Sequence[str | bytes]) -> None:
    """Sets the process's keyring from keys."""
    install(Keyring(keys))


def install(ring: Keyring) -> None:
    """Sets the process's keyring, for instance one that reloads its key file."""
    global _keyring
    _keyring = ring


def keyring() -> Keyring:
    """Returns the process's keyring.

    Raises:
        KeyringNotConfigured: Neither `configure()` nor `install()` was called.
    """
    if _keyring is None:
        raise KeyringNotConfigured(Reason("no_keys"))
    return _keyring


def generate_key() -> str:
    """Returns a new random key for a `Keyring`."""
    from cryptography.fernet import Fernet

    return Fernet.generate_key().decode("ascii")


def encrypt_json(value: Mapping[str, Any]) -> str:
    """Encrypts a JSON-able mapping with the process's keyring."""
    return keyring().encrypt(json.dumps(dict(value), ensure_ascii=False, separators=(",", ":")).encode("utf-8"))


def decrypt_json(token: str) -> dict[str, Any]:
    """Decrypts a token of `encrypt_json`.

    Raises:
        DecryptionError: No key fits, or the content is not a JSON object.
    """
    try:
        value = json.loads(keyring().decrypt(token))
    except ValueError:
        raise DecryptionError(Reason("decrypted_not_json")) from None
    if not isinstance(value, dict):
        raise DecryptionError(Reason("decrypted_not_object"))
    return value


def bind_secret(secret: str, place: str) -> str:
    """Encrypts a secret together with the place that it may be sent to; "" for no secret."""
    return encrypt_json({"api_key": secret, "origin": place}) if secret else ""


def bound_secret(token: str, place: str) -> str:
    """Returns a secret of `bind_secret`; "" when there is none, or when it was bound to another place.

    Raises:
        DecryptionError: No key fits.
    """
    held = decrypt_json(token) if token else {}
    # Older versions stored no place.
    return str(held.get("api_key", "")) if held.get("origin", place) == place else ""


def rotate(token: str) -> str:
    """Re-encrypts a stored token with the first configured key."""
    return keyring().rotate(token)
