"""What both queues stand on: workers and wake-ups."""
