"""People: who they are, whether they are let in, linked accounts, export, erasure, the audit log."""
