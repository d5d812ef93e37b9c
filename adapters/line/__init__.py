"""LINE: Messaging API webhook in, reply and push out."""
