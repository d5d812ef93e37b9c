"""WhatsApp: Cloud API webhook in, messages out."""
