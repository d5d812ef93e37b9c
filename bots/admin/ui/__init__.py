"""What admin pages share."""
