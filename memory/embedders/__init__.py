"""Embedders turn texts into vectors. `memory.embedders.current` chooses and loads one."""
