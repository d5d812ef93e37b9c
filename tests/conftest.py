"""One home directory per test process, chosen before Django reads its settings.

pytest-django reads the settings when pytest is configured, that is after this file; so the environment is made here.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from typing import Any

import django
import pytest
from django.conf import settings as django_settings
from django.utils import translation
from hypothesis import HealthCheck, settings

Configured = Callable[..., None]

HOME = tempfile.mkdtemp(prefix="clawdbot-test-")
atexit.register(shutil.rmtree, HOME, ignore_errors=True)

# What the developer's shell says about his own installation must not reach the tests; the servers that
# `tests/servers.py` starts are handed over under names of their own.
for _name in [name for name in os.environ if name.startswith("CLAWDBOT_")]:
    del os.environ[_name]
os.environ.pop("PORT", None)
for _name in ("DATABASE_URL", "REDIS_URL", "CLAWDBOT_MEMORY__DATABASE_URL"):
    os.environ.pop(_name, None)
    if _value := os.environ.get(f"TEST_{_name.removeprefix('CLAWDBOT_')}"):
        os.environ[_name] = _value
os.environ["CLAWDBOT_HOME"] = HOME
os.environ["DJANGO_SETTINGS_MODULE"] = "clawdbot_site.settings"

# Machines differ in speed: an example may be slow, a wrong one may not hide behind chance in CI.
settings.register_profile("local", deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", parent=settings.get_profile("local"), max_examples=100, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "local")


def pytest_configure(config: pytest.Config) -> None:
    """Load Django with the environment above."""
    django.setup()
    if getattr(config.option, "numprocesses", None):
        # The processes that xdist starts inherit this environment; with the settings named in it they would load Django
        # before they come to this file, and all share one home.
        del os.environ["DJANGO_SETTINGS_MODULE"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All tests may use the memory database, where there is one; those of PostgreSQL itself mean nothing on SQLite."""
    if "memory" in django_settings.DATABASES:
        _open_memory_database(items)
    missing = []
    if not os.environ.get("DATABASE_URL", "").startswith("postgres"):
        missing.append("postgres")
    if "memory" not in django_settings.DATABASES:
        missing.append("two_databases")
    for item in items:
        for name in missing:
            if item.get_closest_marker(name):
                item.add_marker(pytest.mark.skip(reason=f"{name}: run `make test`"))


def _open_memory_database(items: list[pytest.Item]) -> None:
    for item in items:
        marked = item.get_closest_marker("django_db")
        if marked or {"db", "transactional_db", "live_server"} & set(getattr(item, "fixturenames", ())):
            options = {**(marked.kwargs if marked else {}), "databases": ["default", "memory"]}
            item.add_marker(pytest.mark.django_db(**options), append=False)


@pytest.fixture(autouse=True)
def embedder_of_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test meets the embedder another one chose, nor the query that looks for a choice every two seconds.

    Tests of the choice itself use `stored_choice` of tests/memory/conftest.py.
    """
    from memory.embedders import choice

    monkeypatch.setattr(choice, "_held", (float("inf"), None, ""))


@pytest.fixture
def configured(settings: Any) -> Configured:
    """Changes settings of a section for one test, as in `configured("web", public_url="https://bot.example")`."""

    def change(section: str, **values: object) -> None:
        changed = getattr(settings.CLAWDBOT, section).model_copy(update=values)
        settings.CLAWDBOT = settings.CLAWDBOT.model_copy(update={section: changed})

    return change


@pytest.fixture
def words_only(configured: Configured) -> None:
    """For tests that no vector matters to: loading an embedder takes a second."""
    configured("semantic_search", enable=False)


@pytest.fixture(autouse=True)
def default_language() -> Iterator[None]:
    """A request of the test client leaves its language active in this thread; the next test must not speak it."""
    yield
    translation.deactivate()
