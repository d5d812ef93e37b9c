#!/usr/bin/env python
"""Entry point of every management command in a checkout; installed, `clawdbot` is the same."""

from clawdbot_site.command_line import main

if __name__ == "__main__":
    main()
