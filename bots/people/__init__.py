"""People: identities, display names, admission, pairing, linking, export, erasure and the audit log."""
