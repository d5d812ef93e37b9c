"""Adapters of chat platforms: one package per platform, in plain Python. See docs/adding-an-adapter.md."""
