"""Shared foundation of all Clawdbot apps, and public SDK for authors of skills and adapters.

Importing this package is deliberately cheap: it does not import Django, `requests` or `cryptography`.
"""

__version__ = "0.1.0"

__all__ = ["__version__"]
