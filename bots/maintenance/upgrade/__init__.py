"""Says what an upgrade of the database would do, and does it (`manage.py upgrade`)."""
