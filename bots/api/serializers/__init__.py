"""What goes over the wire; one module per resource, the query parameters of its list beside it."""
