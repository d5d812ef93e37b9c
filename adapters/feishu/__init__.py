"""The adapter of Feishu (飞书) and Lark."""
