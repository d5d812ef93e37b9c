"""The pages about limits and money."""
