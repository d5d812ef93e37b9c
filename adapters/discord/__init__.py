"""Discord: interactions over HTTP in, REST API out."""
