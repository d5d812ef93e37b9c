"""Lengths of columns to which writers truncate what platforms and libraries send."""

ID_LENGTH = 191  # the longest text that every MySQL can index, at four bytes per character
ERROR_LENGTH = 300
QUEUE_ERROR_LENGTH = 500
CODE_LENGTH = 60  # of the keys of clawdbot.reason_templates.TEMPLATES
