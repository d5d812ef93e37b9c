#!/usr/bin/env python
"""Entry point of every management command."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clawdbot_site.settings")
    from django.core.management import execute_from_command_line
    from django.db import InterfaceError, OperationalError

    try:
        execute_from_command_line(sys.argv)
    except (InterfaceError, OperationalError) as error:
        sys.exit(f"database: {' '.join(str(error).split())}")


if __name__ == "__main__":
    main()
