"""The pages of the memory."""
