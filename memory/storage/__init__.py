"""Rows of memory and what keeps them."""
