"""Takes a message from the inbox through dispatch and the engine to the outbox, on durable queues."""
