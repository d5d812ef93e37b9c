"""Chat platforms: one folder each, plain Python. See docs/adding-an-adapter.md."""
