"""Ranks the memories of a scope for a question."""
