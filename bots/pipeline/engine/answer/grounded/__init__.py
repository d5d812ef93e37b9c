"""Answers without a model: only what is known, in the person's language.

`answering` chooses, in this order: small talk, what the bot can do, sums, what was said and when, facts of the person,
what the person said (`lookup`), what comes nearest to it (`recalling`), and else one honest line. Corrections are
brought into what they correct before (`amending`), and what is to be forgotten is left out (`forgetting`). Nothing here
asks a model but `wording`, whose text is checked.
"""
