"""Backups: makes, lists, verifies and restores archives of everything that an installation keeps."""
