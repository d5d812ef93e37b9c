"""The way of a message: inbox -> dispatch -> engine -> outbox, on durable queues."""
