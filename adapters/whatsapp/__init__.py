"""The WhatsApp adapter: receives Cloud API webhooks and sends messages."""
