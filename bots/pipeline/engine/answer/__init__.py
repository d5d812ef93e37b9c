"""Recall, prompt, model, fallback: what the bot says."""
