"""Running the product on one machine: child processes, the Celery worker and beat in threads of the web process."""
