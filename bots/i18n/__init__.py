"""Chooses the reader's language and selects texts in it: bilingual texts and reasons of failures."""
