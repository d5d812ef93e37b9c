"""Edits, merges, imports and exports memories, and proves erasures."""
