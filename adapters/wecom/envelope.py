"""WeCom's signature and encryption, the same for XML and JSON (the vendor calls it WXBizMsgCrypt)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import os
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from adapters.errors import SignatureRejected
from clawdbot import signatures
from clawdbot.reasons import Reason

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers import Cipher
    from cryptography.hazmat.primitives.ciphers.modes import CBC

BLOCK = 32  # bytes; WeCom pads to this block size, not to the 16 bytes of AES


def signature(token: str, *parts: str) -> str:
    """Returns the SHA-1 of the token and the parts, sorted and joined."""
    joined = "".join(sorted((token, *parts)))
    return hashlib.sha1(joined.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()


@dataclass(frozen=True, slots=True)
class Opened:
    """A verified and decrypted request. Its reply uses the same token and key.

    Attributes:
        content: Decrypted bytes.
        token: Callback token that signed the request.
        key: EncodingAESKey that decrypted it.
    """

    content: bytes = field(repr=False)
    token: str = field(repr=False)
    key: str = field(repr=False)


def open_request(
    tokens: Collection[str], keys: Collection[str], query: Mapping[str, str], encrypted: str, receiver: str
) -> Opened:
    """Verifies the signature in the query over the encrypted text, then decrypts the text.

    Raises:
        SignatureRejected: The signature is missing or matches no token, no key decrypts the text, or the text is for
            another receiver.
    """
    given, timestamp, nonce = (query.get(name, "") for name in ("msg_signature", "timestamp", "nonce"))
    matching = [
        token for token in tokens if token and signatures.compare(given, signature(token, timestamp, nonce, encrypted))
    ]
    if not (given and timestamp and nonce and matching):
        raise SignatureRejected(Reason("signature_mismatch"), status=403)
    content, key = decrypt(keys, encrypted, receiver)
    return Opened(content, matching[0], key)


def sealed(opened: Opened, content: Mapping[str, Any], receiver: str, nonce: str, now: float) -> bytes:
    """Returns the encrypted and signed JSON reply to a request."""
    plain = json.dumps(content, ensure_ascii=False).encode("utf-8", "replace")
    encrypted = encrypt(opened.key, plain, receiver)
    timestamp = int(now)
    body = {
        "encrypt": encrypted,
        "msgsignature": signature(opened.token, str(timestamp), nonce, encrypted),
        "timestamp": timestamp,
        "nonce": nonce,
    }
    return json.dumps(body).encode("ascii")


def aes_key(encoded: str) -> bytes:
    """Returns the 32 bytes of an EncodingAESKey."""
    return base64.b64decode(encoded + "=")


def decrypt(keys: Iterable[str], encrypted: str, receiver: str) -> tuple[bytes, str]:
    """Decrypts a signed text, which holds 16 random bytes, length, content and receiver.

    Args:
        keys: EncodingAESKeys to try.
        encrypted: Base64 of the encrypted text.
        receiver: Id that must be at the end of the decrypted text.

    Returns:
        The content and the key that decrypted it.

    Raises:
        SignatureRejected: No key decrypts the text, or it is for another receiver.
    """
    try:
        data = base64.b64decode(encrypted, validate=True)
    except (binascii.Error, ValueError):
        raise SignatureRejected(Reason("not_base64"), status=403) from None
    for key in keys:
        plain = unpad(decrypt_bytes(key, data))
        size = int.from_bytes(plain[16:20], "big")
        content, rest = plain[20 : 20 + size], plain[20 + size :]
        if len(plain) >= 20 and len(content) == size and signatures.compare(rest, receiver):
            return content, key
    raise SignatureRejected(Reason("text_not_for_account"), status=403)


def encrypt(key: str, content: bytes, receiver: str) -> str:
    """Encrypts a text for `decrypt`, in base64."""
    plain = os.urandom(16) + len(content).to_bytes(4, "big") + content + receiver.encode("utf-8")
    missing = BLOCK - len(plain) % BLOCK
    cipher = cipher_of(key).encryptor()
    return base64.b64encode(cipher.update(plain + bytes([missing]) * missing) + cipher.finalize()).decode("ascii")


def decrypt_bytes(key: str, data: bytes) -> bytes:
    """Decrypts AES-256-CBC without removing the padding; b"" when the length is no multiple of 16."""
    if not data or len(data) % 16:
        return b""
    cipher = cipher_of(key).decryptor()
    return bytes(cipher.update(data) + cipher.finalize())


def open_bytes(keys: Iterable[str], data: bytes) -> bytes:
    """Decrypts with the first key that yields valid padding, and removes the padding; b"" when there is no such key."""
    return next(filter(None, (unpad(decrypt_bytes(key, data)) for key in keys)), b"")


def unpad(plain: bytes) -> bytes:
    """Removes the PKCS#7 padding to blocks of 32 bytes; b"" when it is wrong."""
    size = plain[-1] if plain else 0
    return plain[:-size] if 1 <= size <= BLOCK and plain.endswith(bytes([size]) * size) else b""


def cipher_of(key: str) -> Cipher[CBC]:
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    raw = aes_key(key)
    return Cipher(algorithms.AES(raw), modes.CBC(raw[:16]))
