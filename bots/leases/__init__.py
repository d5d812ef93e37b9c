"""Leases: of all processes on all machines, one does each duty (beat, polling a channel, a task of upkeep).

`held` takes, renews and releases them, `duties` leads work by them, `abandoned` gives the work of killed processes to
others. What is exactly once by its rows (claims, dedupe keys, the run rows of the consolidation) stays so: a lease only
decides who works.
"""
