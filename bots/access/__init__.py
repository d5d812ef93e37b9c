"""Access control: the roles of team members on bots."""
