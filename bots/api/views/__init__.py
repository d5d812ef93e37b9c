"""Views of /api/v1/; they check who asks and what, and leave every rule to bots.operations."""
