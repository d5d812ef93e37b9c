"""Commands, forms, account linking and handover: decides what a message means."""
