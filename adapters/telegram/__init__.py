"""Telegram: Bot API webhook or long polling in, sendMessage out."""
