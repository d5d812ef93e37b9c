"""Consolidates memory (`manage.py memory optimize`): links duplicates, makes digests and facts, applies retention."""
