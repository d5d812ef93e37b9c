"""Words, dates and hints in a text."""
