"""Django's SQLite back end with a queue before the write lock."""
