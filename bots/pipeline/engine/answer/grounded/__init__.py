"""Answers without a model: only what is known, in the person's language.

`answering` chooses, in this order: small talk, what the bot can do, what was said and when, facts of the person, quotes
of what was said, and else one honest line. Nothing here asks a model but `wording`, whose text is checked.
"""
