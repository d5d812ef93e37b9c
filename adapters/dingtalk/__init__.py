"""The DingTalk (钉钉) adapter: application robots over HTTP or Stream, and custom group robots."""
