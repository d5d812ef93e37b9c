"""One turn: from a claimed inbox row to a closed turn.

`dispatcher` claims, asks and closes; `presenting` shows the person that an answer is being made; `closing` writes the
turn in one transaction and sends the answer; `refusals` and `edits` close the turns that the engine does not answer.
The engine reads and decides. What it wants written comes back in its reply, and `closing` writes it.

What a turn writes:

    what                                  where                        when            why there
    ------------------------------------  ---------------------------  --------------  ---------------------------------
    the claim                             InboundEvent                 before          one worker takes the row; it is
                                                                                       given back when that one dies
    person, account, conversation         Person, Identity,            before          the turn is theirs; unique,
                                          Conversation                                 so that another try finds them
    second id, name of an account         Identity, Person             before          told by the platform; written
                                                                                       where there was none
    received files                        ReceivedFile, storage        before          the model reads them; unique by
                                                                                       event and position
    draft, text so far                    InboundEvent, platform       meanwhile       the person reads along; another
                                                                                       try goes on with the same message
    typing, tokens, button confirmed      platform, sockets            meanwhile       shown, never stored or repeated
    defects of a skill or a provider      Skill, ModelProvider         meanwhile       true even if the turn fails
    files of the answer                   SentFile, storage            before closing  a row without a message says so;
                                                                                       another try drops it
    event done                            InboundEvent                 closing
    question, answer, their files         Message, SentFile            closing
    memories                              MemoryEntry; WaitingMemory   closing         a WaitingMemory is written to a
                                          for another database                         database of its own after the
                                                                                       commit, else by the sweep
    dialog, last seen, next conversation  Conversation, Person,        closing
                                          StateTransition
    codes, links                          LinkCode, Identity, ...,     closing         a link moves memories of another
                                          AuditEntry                                   database after the commit, else
                                                                                       by `linking.settle`
    run of a skill, usage of the model    SkillRun, TurnUsage          closing         a turn that is taken again runs
                                                                                       the skill again; the run that
                                                                                       gave the answer is recorded
    erasure                               Message, MemoryEntry,        closing
                                          AuditEntry
    rest of the erasure: copies on disk,  InboundEvent "erasure"       row in closing, no rollback reaches them; tried
    memories of another database, proof                                work after it   again for as long as it takes
    the answer on its way                 OutboundMessage              closing         sent after the commit

An edit or a deletion on the platform (`edits`) is one transaction as well. Memories in a database of their own change
before its commit, and its event is taken again until that holds: each step may be repeated.
"""
