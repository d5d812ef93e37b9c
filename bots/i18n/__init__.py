"""Selects texts in the reader's language: bilingual texts and reasons of failures."""
