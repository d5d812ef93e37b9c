"""What both queues stand on: claims, workers, wake-ups."""
