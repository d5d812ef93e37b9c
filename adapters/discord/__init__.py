"""The Discord adapter: receives interactions over HTTP and answers through the REST API."""
