"""The dashboard and the navigation."""
