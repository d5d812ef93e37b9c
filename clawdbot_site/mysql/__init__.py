"""Django's MySQL back end with a pure-Python driver and tables for all of Unicode."""
