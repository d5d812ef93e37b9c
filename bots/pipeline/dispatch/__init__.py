"""Runs one turn: from a claimed inbox row to a closed turn.

`dispatcher` claims the row, calls the engine and closes the turn. `gathering` puts messages of one turn into one row.
`presenting` shows the person that an answer is on its way. `closing` writes the turn in one transaction and sends the
answer. `refusals` and `edits` close the turns that the engine does not answer. The engine returns its writes in the
reply, and `closing` performs them.

What a turn writes:

    what                                  where                        when            why there
    ------------------------------------  ---------------------------  --------------  ---------------------------------
    the claim                             InboundEvent                 before          one worker takes the row; it is
                                                                                       released when that worker dies
    messages of one turn                  InboundEvent                 before          one row has them all from then on
    person, account, conversation         Person, Identity,            before          the turn is theirs; unique,
                                          Conversation                                 so a retry finds them
    second id, name of an account         Identity, Person             before          the platform gave them; written
                                                                                       only where empty
    received files                        ReceivedFile, storage        before          the model reads them; unique by
                                                                                       event and position
    draft, text so far                    InboundEvent, platform       during          the person reads along; a retry
                                                                                       continues the same message
    typing, tokens, button confirmed      platform, sockets            during          shown, never stored or retried
    wait for a slot or a model            InboundEvent, the sentence   in place of     one transaction; the row is
                                          that it takes longer         closing         pending, its attempt not counted
    failures of a skill or a provider     Skill, ModelProvider         during          true even if the turn fails
    files of the answer                   SentFile, storage            before closing  the row has no message yet; a
                                                                                       retry deletes it
    event done                            InboundEvent                 closing
    question, answer, their files         Message, SentFile            closing
    memories                              MemoryEntry; WaitingMemory   closing         a WaitingMemory goes to the
                                          for another database                         memory database after the commit,
                                                                                       else with the next sweep
    dialog, last seen, next conversation  Conversation, Person,        closing
                                          StateTransition
    codes, links                          LinkCode, Identity, ...,     closing         memories of another database
                                          AuditEntry                                   move after the commit, else by
                                                                                       `linking.settle`
    run of a skill, usage of the model    SkillRun, TurnUsage          closing         a retry runs the skill again; the
                                                                                       run that gave the answer is
                                                                                       recorded
    erasure                               Message, MemoryEntry,        closing
                                          AuditEntry
    rest of the erasure: copies on disk,  InboundEvent "erasure"       row in closing, a rollback cannot undo them;
    memories of another database, proof                                work after it   retried until it succeeds
    the queued answer                     OutboundMessage              closing         sent after the commit

An edit or a deletion on the platform (`edits`) is one transaction as well. Memories in a separate database change
before its commit; when that commit fails, the event is retried. Each step is idempotent.
"""
