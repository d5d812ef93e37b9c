"""The page on which operators write flows: triggers, questions, confirmation, and what is done with the answers."""
