"""Web chat: events come by socket, answers go to the conversation's sockets."""
