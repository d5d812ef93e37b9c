"""Where the files of the product and the data of the installation lie: in a checkout, and installed from a wheel."""

from __future__ import annotations

import sys
from pathlib import Path

_HERE = Path(__file__).resolve().parent

# The folder that holds the packages: of the checkout, or Python's folder for installed packages.
BASE_DIR = _HERE.parent
# pyproject.toml puts these folders into this package when it makes a wheel. In a checkout they lie beside the packages.
INSTALLED = (_HERE / "templates").is_dir()
_SHIPPED = _HERE if INSTALLED else BASE_DIR
TEMPLATES = _SHIPPED / "templates"
LOCALE = _SHIPPED / "locale"
PRESETS = _SHIPPED / "config"


def default_home() -> Path:
    """Returns the folder of the data when CLAWDBOT_HOME names none.

    A checkout keeps it in `var/`. An installed product keeps it where the platform keeps data of the user, because
    the folder of its code may be read-only, and is replaced by an update.
    """
    if not INSTALLED:
        return BASE_DIR / "var"
    from platformdirs import user_data_path  # only an installed product needs it

    return user_data_path("clawdbot", appauthor=False)


def preset(name: str) -> Path | None:
    """Returns the shipped configuration file of this name, such as "production"; None when there is none."""
    file = PRESETS / f"{name}.yaml"
    return file if name.isidentifier() and file.is_file() else None


def command() -> tuple[str, ...]:
    """Returns how a process of the product is started by this Python; the name of a command and its options follow."""
    if not INSTALLED:
        return (sys.executable, str(BASE_DIR / "manage.py"))
    # -P: no module of the working directory, such as a folder `skills`, replaces one of the product.
    return (sys.executable, "-P", "-m", "clawdbot_site")
