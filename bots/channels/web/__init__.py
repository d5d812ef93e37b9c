"""Frames to the sockets of the web chat."""
