"""Verifies the Ed25519 signatures of interactions."""

from __future__ import annotations

from collections.abc import Iterable


def verify(public_keys: Iterable[str], signature: str, timestamp: str, body: bytes) -> bool:
    """Returns whether one of the keys signed timestamp and body. Malformed input counts as a wrong signature.

    Args:
        public_keys: Public keys of 64 hex digits each.
        signature: Header X-Signature-Ed25519, 128 hex digits.
        timestamp: Header X-Signature-Timestamp, as received.
        body: Raw body.
    """
    # Imported on first use, because most management commands verify nothing.
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    if len(signature) != 128 or not signature.isascii() or not timestamp:
        return False
    try:
        proof = bytes.fromhex(signature)
    except ValueError:
        return False
    signed = timestamp.encode("utf-8", "surrogatepass") + body
    genuine = False
    for key in public_keys:
        try:
            Ed25519PublicKey.from_public_bytes(bytes.fromhex(key)).verify(proof, signed)
            genuine = True
        except (InvalidSignature, ValueError):
            continue
    return genuine
