"""Receives events from platforms by webhook and by polling."""
