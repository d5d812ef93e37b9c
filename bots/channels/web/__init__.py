"""The web chat as a channel: frames to its sockets."""
