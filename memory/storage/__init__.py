"""Stores, reads and maintains the rows of memory."""
