"""The JSON API under /api/v1/: serializers, permissions and views over bots.operations."""
