"""What goes into an answer: recent turns, attachments, the prompt, and the built-in responder."""
