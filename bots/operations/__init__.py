"""What people can do with the product: the admin, the API, the commands and the chat call these functions."""
