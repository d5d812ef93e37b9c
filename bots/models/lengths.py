"""Lengths of columns that writers must know too: what platforms and libraries tell is cut to them."""

ID_LENGTH = 191  # the longest text that every MySQL indexes, at four bytes a character
ERROR_LENGTH = 300
QUEUE_ERROR_LENGTH = 500
CODE_LENGTH = 60  # of a key of clawdbot.reasons.TEMPLATES
