"""Workers and wake-ups, shared by the inbox and the outbox."""
