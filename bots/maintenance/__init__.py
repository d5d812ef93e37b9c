"""First start, re-encryption, backup."""
