"""Encrypts bytes with a passphrase: scrypt makes the key, AES-256-GCM encrypts and authenticates.

`cryptography` is imported on first use, because few commands need it.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping
from typing import Any

from clawdbot.crypto import CryptoError, DecryptionError
from clawdbot.reasons import Reason

# 64 MiB and about a fifth of a second for each guess.
_COST = 2**16
# A foreign file must not name parameters that take all memory: at most 512 MiB.
_HIGHEST_COST = 2**19
_BLOCK, _PARALLEL, _KEY_BYTES = 8, 1, 32
SHORTEST = 8


def seal(plain: bytes, passphrase: str, context: str) -> tuple[bytes, dict[str, Any]]:
    """Encrypts bytes.

    Args:
        plain: The bytes.
        passphrase: At least `SHORTEST` characters.
        context: What the bytes belong to; `unseal` needs the same one.

    Returns:
        The encrypted bytes, and the JSON-able parameters that `unseal` needs; they hold no secret.

    Raises:
        CryptoError: The passphrase is too short.
    """
    if len(passphrase) < SHORTEST:
        raise CryptoError(Reason("passphrase_short", least=SHORTEST))
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    salt, nonce = os.urandom(16), os.urandom(12)
    sealed = AESGCM(_key(passphrase, salt, _COST)).encrypt(nonce, plain, context.encode())
    return sealed, {"kdf": "scrypt", "cost": _COST, "salt": _text(salt), "nonce": _text(nonce), "cipher": "AES-256-GCM"}


def unseal(sealed: bytes, passphrase: str, context: str, parameters: Mapping[str, Any]) -> bytes:
    """Decrypts bytes of `seal`.

    Raises:
        DecryptionError: The passphrase is another one, or the bytes, the context or the parameters were changed.
    """
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        cost = int(parameters["cost"])
        salt, nonce = (base64.b64decode(str(parameters[name]), validate=True) for name in ("salt", "nonce"))
    except (KeyError, TypeError, ValueError):
        raise DecryptionError(Reason("sealing_unknown")) from None
    known = parameters.get("kdf") == "scrypt" and parameters.get("cipher") == "AES-256-GCM"
    if not known or not 2 <= cost <= _HIGHEST_COST or cost & (cost - 1) or len(nonce) != 12:
        raise DecryptionError(Reason("sealing_unknown"))
    try:
        return AESGCM(_key(passphrase, salt, cost)).decrypt(nonce, sealed, context.encode())
    except InvalidTag:
        raise DecryptionError(Reason("passphrase_wrong")) from None


def _key(passphrase: str, salt: bytes, cost: int) -> bytes:
    from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

    return Scrypt(salt=salt, length=_KEY_BYTES, n=cost, r=_BLOCK, p=_PARALLEL).derive(passphrase.encode())


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")
