"""HTTP views outside the JSON API: webhooks, health, metrics, web chat."""
