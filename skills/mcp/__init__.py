"""Tools of MCP servers: rows, connections, results. `mcp` is imported when a connection is opened, never before."""
