"""The foundation every Clawdbot app stands on, and the public SDK for skill and adapter authors.

Importing this package is cheap on purpose: nothing here pulls in Django, `requests` or `cryptography`.
"""

__version__ = "0.1.0"

__all__ = ["__version__"]
