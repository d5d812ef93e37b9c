"""The web chat: pages and socket."""
