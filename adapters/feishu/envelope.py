"""Verifies Feishu's requests: a signature over the raw body, encryption, and a token in the body.

With an Encrypt Key every event is encrypted and signed. Only the check of a new address is unsigned; its encryption and
token must be valid. Without an Encrypt Key only the token is checked.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from adapters.errors import MalformedPayload, SignatureRejected
from adapters.events import WebhookRequest
from adapters.payload import as_object, as_text, parse_object
from clawdbot import signatures
from clawdbot.reasons import Reason

SIGNATURE = "X-Lark-Signature"
TIMESTAMP = "X-Lark-Request-Timestamp"
NONCE = "X-Lark-Request-Nonce"
URL_VERIFICATION = "url_verification"
_SHA1_HEX = 40


def open_request(request: WebhookRequest, tokens: Collection[str], keys: Collection[str]) -> dict[str, Any]:
    """Verifies a request and returns its content.

    Raises:
        SignatureRejected: The request is not verified.
        MalformedPayload: The request is signed, but cannot be parsed.
    """
    if not (tokens or keys):
        raise SignatureRejected(Reason("verification_not_configured"), status=403)
    given = request.headers.get(SIGNATURE, "")
    if given and len(given) == _SHA1_HEX:
        return _old_card(request, given, tokens)
    if not keys:
        content = _readable(request.body)
        if "encrypt" in content:
            raise SignatureRejected(Reason("no_encrypt_key"), status=403)
        _check_token(content, tokens)
        return content
    signed = bool(given)
    if signed:
        parts = [request.headers.get(name, "") for name in (TIMESTAMP, NONCE)]
        if not signatures.verify_any(keys, given, lambda key: _digest("sha256", *parts, key, body=request.body)):
            raise SignatureRejected(Reason("signature_mismatch"), status=403)
    outer = parse_object(request.body) if signed else _readable(request.body)
    content = _opened(keys, as_text(outer, "encrypt"))
    if not signed and as_text(content, "type") != URL_VERIFICATION:
        raise SignatureRejected(Reason("signature_missing"), status=403)
    if tokens:
        _check_token(content, tokens)
    return content


def _digest(algorithm: str, *parts: str, body: bytes) -> str:
    text = "".join(parts).encode("utf-8", "surrogatepass")
    return hashlib.new(algorithm, text + body, usedforsecurity=False).hexdigest()


def _old_card(request: WebhookRequest, given: str, tokens: Iterable[str]) -> dict[str, Any]:
    """Verifies a button of the first card protocol, which is signed with the verification token and SHA-1."""
    parts = [request.headers.get(name, "") for name in (TIMESTAMP, NONCE)]
    if not signatures.verify_any(tokens, given, lambda token: _digest("sha1", *parts, token, body=request.body)):
        raise SignatureRejected(Reason("signature_mismatch"), status=403)
    content = parse_object(request.body)
    if "action" not in content:
        # An event must not pass with the weaker signature.
        raise SignatureRejected(Reason("only_card_actions"), status=403)
    return content


def _readable(body: bytes) -> dict[str, Any]:
    try:
        return parse_object(body)
    except MalformedPayload:
        raise SignatureRejected(Reason("no_proof"), status=403) from None


def _check_token(content: Mapping[str, Any], tokens: Iterable[str]) -> None:
    given = as_text(as_object(content, "header"), "token") or as_text(content, "token")
    if not signatures.verify_any(tokens, given, lambda token: token):
        raise SignatureRejected(Reason("verification_token_mismatch"), status=403)


def _opened(keys: Iterable[str], encrypted: str) -> dict[str, Any]:
    for plain in decrypted(keys, encrypted):
        # A wrong key yields valid padding once in 256 times, but no JSON.
        with contextlib.suppress(MalformedPayload):
            return parse_object(plain)
    raise SignatureRejected(Reason("body_not_for_account"), status=403)


def decrypted(keys: Iterable[str], encrypted: str) -> Iterator[bytes]:
    """Yields what each key decrypts with valid padding: base64 of an IV and AES-256-CBC under the key's SHA-256."""
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    try:
        data = base64.b64decode(encrypted, validate=True)
    except (binascii.Error, ValueError):
        return
    if len(data) < 32 or len(data) % 16:
        return
    for key in keys:
        secret = hashlib.sha256(key.encode("utf-8")).digest()
        cipher = Cipher(algorithms.AES(secret), modes.CBC(data[:16])).decryptor()
        plain = cipher.update(data[16:]) + cipher.finalize()
        size = plain[-1]
        if 1 <= size <= 16 and plain.endswith(bytes([size]) * size):
            yield plain[:-size]
