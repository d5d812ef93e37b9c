"""Gives each test process its own home, and fixtures to all tests.

pytest-django reads the settings after this file, so this file sets the environment.
"""

from __future__ import annotations

import atexit
import gc
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Generator, Iterator
from typing import TYPE_CHECKING, Any

import django
import pytest
from django.conf import settings as django_settings
from django.core.cache import cache
from django.utils import translation
from hypothesis import HealthCheck, settings

from clawdbot.cached_value import CachedValue
from tests.http_server import Server, serve
from tests.peers import BotApi, StubModel

if TYPE_CHECKING:  # this file is read before Django is ready
    from bots.models import Channel

Configured = Callable[..., None]

HOME = tempfile.mkdtemp(prefix="clawdbot-test-")
atexit.register(shutil.rmtree, HOME, ignore_errors=True)

# Settings of the developer's own installation must not reach the tests. `tests/servers.py` passes its servers in
# variables of other names.
for _name in [name for name in os.environ if name.startswith("CLAWDBOT_")]:
    del os.environ[_name]
os.environ.pop("PORT", None)
for _name in ("DATABASE_URL", "REDIS_URL", "CLAWDBOT_MEMORY__DATABASE_URL"):
    os.environ.pop(_name, None)
    if _value := os.environ.get(f"TEST_{_name.removeprefix('CLAWDBOT_')}"):
        os.environ[_name] = _value
os.environ["CLAWDBOT_HOME"] = HOME
os.environ["DJANGO_SETTINGS_MODULE"] = "clawdbot_site.settings"

# Modules that keep state between turns -> the function that clears it.
CACHES = {
    "adapters.tokens": "clear_cache",
    "bots.admin.home.usage_days": "clear_cache",
    "bots.channels.health": "clear_cache",
    "bots.channels.lookup": "clear_cache",
    "bots.edge.login_throttle": "clear_cache",
    "bots.intake.flood": "clear_cache",
    "bots.leases.duties": "clear_cache",
    "bots.leases.held": "clear_cache",
    "bots.limits.batches": "clear_cache",
    "bots.limits.ledger": "clear_cache",
    "bots.llm.circuit_breaker": "breaker.clear_cache",
    "bots.llm.client": "clear_cache",
    "bots.llm.completion": "clear_cache",
    "bots.llm.figures": "clear_cache",
    "bots.llm.health": "clear_cache",
    "bots.people.display_names": "clear_cache",
    "bots.people.identities": "clear_cache",
    "bots.people.platform_names": "clear_cache",
    "bots.pipeline.dispatch.waiting": "outage.clear_cache",
    "bots.pipeline.engine.answer.grounded.clauses": "clear_cache",
    "bots.pipeline.engine.dialog.flow_catalogue": "clear_cache",
    "bots.pipeline.engine.dialog.meaning": "clear_cache",
    "bots.pipeline.engine.answer.tool_loop.meanings": "clear_cache",
    "bots.pipeline.engine.answer.tool_loop.offering": "clear_cache",
    "bots.pipeline.outbox.journal": "clear_cache",
    "bots.pipeline.outbox.outages": "clear_cache",
    "bots.pipeline.outbox.shared_journal": "clear_cache",
    "bots.pipeline.outbox.pacing": "clear_cache",
    "bots.pipeline.queue.chats": "clear_cache",
    "bots.pipeline.queue.held": "clear_cache",
    "bots.pipeline.queue.loopback": "clear_cache",
    "bots.pipeline.queue.model_slots": "slots.clear_cache",
    "bots.pipeline.queue.wakeups": "clear_cache",
    "bots.pipeline.queue.workers": "clear_cache",
    "bots.speech.calls": "clear_cache",
    "bots.speech.endpoints": "breaker.clear_cache",
    "bots.speech.local_engine": "clear_cache",
    "bots.speech.recognition": "clear_cache",
    "bots.webchat.rate_limits": "clear_cache",
    "clawdbot.cached_value": "clear_cache",
    "clawdbot.http": "close",
    "clawdbot.http.proxies": "clear_cache",
    "memory.embedders.choice": "clear_cache",
    "memory.embedders.current": "clear_cache",
    "memory.indexes.large": "clear_cache",
    "memory.indexes.vector": "clear_cache",
    "memory.ranking.reranker": "clear_cache",
    "memory.storage.mongo.client": "clear_cache",
    "memory.storage.wakeups": "clear_cache",
    "memory.store": "clear_cache",
    "skills.importing": "clear_cache",
    "skills.limits": "clear_cache",
    "skills.mcp.pool": "clear_cache",
    "skills.registry": "clear_cache",
    "skills.tool_health": "clear_cache",
    "skills.tools": "clear_cache",
}

# Examples have no deadline, because machines differ in speed. Property tests use the same examples in every run, so
# that a random find is not blamed on a change; `make test-random` looks for new ones.
settings.register_profile(
    "fixed", deadline=None, max_examples=100, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile(
    "random", parent=settings.get_profile("fixed"), max_examples=1000, derandomize=False, print_blob=True
)
settings.load_profile("fixed")


def pytest_configure(config: pytest.Config) -> None:
    """Loads Django with the environment above."""
    django.setup()
    for database in django_settings.DATABASES.values():
        if "sqlite" in database["ENGINE"]:
            # A test ends long before the power does: a commit need not wait for the disk.
            database["OPTIONS"]["init_command"] += "PRAGMA synchronous=OFF;"
    if getattr(config.option, "numprocesses", None):
        # xdist processes inherit this environment. With the settings module in it they would load Django before this
        # file and share one home.
        del os.environ["DJANGO_SETTINGS_MODULE"]


def pytest_collection_finish() -> None:
    """Keeps the collector from going through all modules and tests again and again: they live until the end."""
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Replaces half emojis in captured logs: xdist cannot send them to the process that collects the results."""
    report = yield
    report.sections = [(name, text.encode("utf8", "replace").decode()) for name, text in report.sections]
    return report


# Markers of tests that run apart: the variable that lets them run, and the target of the Makefile that sets it.
APART = {"faults": ("TEST_FAULTS", "test-faults"), "images": ("TEST_IMAGES", "test-image")}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Opens the memory database, if there is one, to all tests, and skips tests of databases that are missing.

    End-to-end tests run first: they mostly wait, and at the end one process would run them alone. Those that share a
    product are in a row.
    """
    items.sort(key=_place)
    if "memory" in django_settings.DATABASES:
        _open_memory_database(items)
    missing = [name for name, (variable, _) in APART.items() if not os.environ.get(variable)]
    if not os.environ.get("DATABASE_URL", "").startswith("postgres"):
        missing.append("postgres")
    if "memory" not in django_settings.DATABASES:
        missing.append("two_databases")
    for item in items:
        for name in missing:
            if item.get_closest_marker(name):
                item.add_marker(pytest.mark.skip(reason=f"{name}: run `make {APART.get(name, ('', 'test'))[1]}`"))


def _place(item: pytest.Item) -> int:
    if _shares_the_product(item.nodeid):
        return 0
    return 1 if item.get_closest_marker("e2e") else 2


def _shares_the_product(nodeid: str) -> bool:
    file = nodeid.split("::", 1)[0]
    return file.endswith("_browser.py") and not file.endswith(("test_files_browser.py", "test_mcp_browser.py"))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Gives whole files to the processes, and all files that share a product to one process."""
    from xdist.scheduler import LoadFileScheduling

    class Scheduling(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return "browser" if _shares_the_product(nodeid) else super()._split_scope(nodeid)

    return Scheduling(config, log) if config.getvalue("dist") == "loadfile" else None


def _open_memory_database(items: list[pytest.Item]) -> None:
    for item in items:
        marked = item.get_closest_marker("django_db")
        if marked or {"db", "transactional_db", "live_server"} & set(getattr(item, "fixturenames", ())):
            options = {**(marked.kwargs if marked else {}), "databases": ["default", "memory"]}
            item.add_marker(pytest.mark.django_db(**options), append=False)


@pytest.fixture(scope="session")
def django_db_keepdb(django_db_modify_db_settings: None) -> bool:
    """Starts SQLite with a copy of a migrated database, because the migrations take ten seconds in each process.

    Returns:
        Whether Django keeps the databases that it finds; those of PostgreSQL and MariaDB it makes and drops.
    """
    from tests.product import migrated

    database = django_settings.DATABASES["default"]
    if "sqlite" not in database["ENGINE"]:
        return False
    shutil.copyfile(migrated(memory_apart="memory" in django_settings.DATABASES), database["TEST"]["NAME"])
    return True


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Empties tables quickly between tests, and lets PostgreSQL drop its database at the end."""
    from django.db import connection

    from tests import emptying

    if connection.vendor == "postgresql":
        from clawdbot_site.postgresql import base

        # A test holds one transaction for its whole length, and may leave it idle while it waits for something else.
        base.SETTINGS["idle_in_transaction_session_timeout"] = "0"
        connection.close()
        connection.close_pool()
        # TRUNCATE makes new files for each of some sixty tables: .4 s after each test.
        connection.ops.sql_flush = lambda _style, tables, **_options: [
            f"DELETE FROM {connection.ops.quote_name(table)}" for table in tables
        ]
    with django_db_blocker.unblock():
        emptying.install()
    yield
    if connection.vendor != "postgresql":
        return
    # Sessions of threads that nobody can stop, such as a slow skill's, would keep the database.
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@pytest.fixture(autouse=True)
def memories_in_mongodb(request: pytest.FixtureRequest) -> Iterator[None]:
    """Keeps the memories of every test in MongoDB when TEST_MONGODB names a server (`tests/servers.py --mongodb`)."""
    server = os.environ.get("TEST_MONGODB")
    uses = request.node.get_closest_marker("django_db") or {"db", "transactional_db"} & set(request.fixturenames)
    if not server or not uses:
        yield
        return
    from tests.memory.mongo import memory_in

    with memory_in(server):
        yield


@pytest.fixture(autouse=True)
def embedder_of_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stops the query for a stored choice every two seconds, so that no test sees the choice of another one.

    Tests of the choice use `stored_choice` of tests/memory/conftest.py.
    """
    from memory.embedders import choice

    monkeypatch.setattr(choice, "held", CachedValue(lambda: (None, ""), 600.0))


@pytest.fixture(autouse=True)
def fresh_process() -> Iterator[None]:
    """Starts each test like a new process: empty caches, closed circuits, full buckets.

    Rollback makes the next test use the same row ids again, so a stale cache would mislead it.
    """
    _clear_caches()
    yield
    _clear_caches()


def _clear_caches() -> None:
    for module, path in CACHES.items():
        clear: Any = sys.modules.get(module)  # a module that is not loaded has no cache
        for name in path.split(".") if clear is not None else ():
            clear = getattr(clear, name)
        if clear is not None:
            clear()
    cache.clear()


@pytest.fixture(scope="session", autouse=True)
def _static_root() -> None:
    # Tests serve no static files, but the middleware needs the folder. Without AUTOREFRESH it would list all files of
    # all packages for every test client.
    django_settings.STATIC_ROOT = HOME
    django_settings.WHITENOISE_AUTOREFRESH = True


@pytest.fixture
def server() -> Iterator[Server]:
    """A server that records requests and answers what the test writes for them."""
    with serve() as running:
        yield running


@pytest.fixture
def api() -> BotApi:
    return BotApi()


@pytest.fixture
def model() -> Iterator[StubModel]:
    """A model endpoint that is the only provider."""
    from bots.models import ModelProvider

    stub = StubModel()
    with stub.server() as server:
        ModelProvider.objects.create(name="stub", endpoint=f"{server.url}/v1", model="stub")
        yield stub


@pytest.fixture
def channel(api: BotApi) -> Iterator[Channel]:
    """A Telegram channel whose Bot API is `api`."""
    from tests.builders import make_bot, make_channel

    token = "1:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw0"
    with api.server() as server:
        account = {"token": token, "secret_token": "s", "base_url": server.url}
        yield make_channel(make_bot(name="Robin"), platform="telegram", credentials=account)


@pytest.fixture
def configured(settings: Any) -> Configured:
    """Changes settings of a section for one test, as in `configured("web", public_url="https://bot.example")`."""

    def change(section: str, **values: object) -> None:
        changed = getattr(settings.CLAWDBOT, section).model_copy(update=values)
        settings.CLAWDBOT = settings.CLAWDBOT.model_copy(update={section: changed})

    return change


@pytest.fixture
def words_only(configured: Configured) -> None:
    """Switches vectors off for tests that do not need them: an embedder takes a second to load."""
    configured("semantic_search", enable=False)


@pytest.fixture(autouse=True)
def default_language() -> Iterator[None]:
    """Resets the language, which a request of the test client leaves active in this thread."""
    yield
    translation.deactivate()
