"""Django's PostgreSQL back end, whose server lets go of clients that have vanished."""
