"""Queues, schedules, users, providers."""
