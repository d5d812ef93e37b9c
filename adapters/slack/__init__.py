"""The Slack adapter: receives the Events API, slash commands and interactivity, and answers through the Web API."""
