"""Files of conversations: received with messages, sent with answers."""
