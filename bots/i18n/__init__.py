"""Texts in the reader's language: sentences in both languages, and why something failed."""
