"""Django's SQLite back end with a queue for the write lock."""
