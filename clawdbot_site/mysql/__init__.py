"""Django's MySQL back end on a driver in pure Python, with tables that take every character."""
