"""Editing, merging, import, export, proof of erasure."""
