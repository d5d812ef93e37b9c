"""Commands, forms, handover: what a message means."""
