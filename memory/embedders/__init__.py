"""Embedders: what turns texts into vectors. `memory.embeddings` chooses one and loads it."""
