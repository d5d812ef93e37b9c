"""The web chat adapter: events arrive by WebSocket, answers go to the sockets of the conversation."""
