"""Extracts words, dates and hints from a text."""
