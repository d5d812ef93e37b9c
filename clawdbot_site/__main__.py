"""`python -m clawdbot_site COMMAND`: a command of the product, with the Python that runs."""

from clawdbot_site.command_line import main

if __name__ == "__main__":
    main()
