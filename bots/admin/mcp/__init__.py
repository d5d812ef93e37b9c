"""Pages of MCP servers and their tools."""
