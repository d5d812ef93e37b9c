"""Dashboard and navigation."""
