"""The serializers: one module per resource, with the query parameters of its list."""
