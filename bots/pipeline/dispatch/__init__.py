"""One turn: from a claimed inbox row to a closed turn."""
