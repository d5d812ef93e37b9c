"""The generic webhook adapter: receives and sends signed JSON."""
