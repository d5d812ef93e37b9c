"""Limits of messages, tokens and money, and the ledger that holds them across processes.

`rules` says which limits apply, `periods` when they begin anew, `ledger` reserves before a call of a model and settles
after it, `account` does so for one call of `bots.llm.complete`, `admission` counts messages, `sums` adds what was used
up by day, `alerts` tells the operator.

This room stands below `bots.llm`: a call asks the ledger before it is made, and no limit needs to know of a model.
"""
