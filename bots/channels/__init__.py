"""Channels: look-up, adapters, credential rotation, health and stream replies."""
