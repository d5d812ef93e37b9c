"""The operations of users and visitors. The admin, the API, the commands and the web chat call these functions."""
