"""The Telegram adapter: receives Bot API updates by webhook or long polling, and answers with sendMessage."""
