"""Consolidation (`manage.py memory optimize`): what was said becomes duplicates linked, digests, facts; retention."""
