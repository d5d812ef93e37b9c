"""Retention of finished rows: which kinds there are, how long they are kept, what will go, and the deletion itself."""
