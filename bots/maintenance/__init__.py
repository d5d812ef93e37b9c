"""Sets up a new installation and re-encrypts stored credentials."""
