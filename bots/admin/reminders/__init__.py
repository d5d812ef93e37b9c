"""Reminders of people, and messages of the team to many people."""
