"""How events come in: webhooks and polling."""
