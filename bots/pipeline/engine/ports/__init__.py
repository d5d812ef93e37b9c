"""The services that a skill or tool gets in its context, for one turn.

A service writes nothing by itself: it stages. When the call succeeds, its writes join those of the turn, which run in
the transaction that closes it. A call that fails, or that is abandoned because it is too slow, leaves nothing.
"""
