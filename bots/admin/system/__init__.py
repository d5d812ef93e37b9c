"""The pages of queues, schedules, users, usage and model providers."""
