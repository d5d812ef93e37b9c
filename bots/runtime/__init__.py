"""Runs the product on one machine: child processes, and Celery's worker and beat in threads of the web process."""
