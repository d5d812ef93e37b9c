"""What every test of the admin needs."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture(autouse=True)
def _static_root(settings: Any, tmp_path: Any) -> None:
    # `make run` collects the static files; a test serves none, but the middleware wants the folder.
    settings.STATIC_ROOT = tmp_path
