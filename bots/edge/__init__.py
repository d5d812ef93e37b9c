"""Shared by all HTTP endpoints: problem documents, nesting limit, request ids, time zones."""
