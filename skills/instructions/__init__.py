"""Agent skills: folders with a SKILL.md. Their instructions are read by models; their scripts are never run."""
