"""The LINE adapter: receives Messaging API webhooks and answers by reply or push."""
