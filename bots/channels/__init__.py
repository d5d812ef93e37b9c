"""A channel, its adapter, its health."""
