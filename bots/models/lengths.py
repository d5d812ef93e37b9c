"""Lengths of columns that writers must know too: what platforms and libraries tell is cut to them."""

ID_LENGTH = 191  # the longest text that every MySQL indexes, at four bytes a character
ERROR_LENGTH = 300
