"""One process at a time holds a lease, and knows when it may hold it no longer."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

import pytest
from django.db import OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bots.leases import held
from bots.models import Lease
from bots.models.sql import leases as sql
from clawdbot import processes
from clawdbot.leadership import LeadershipLost
from tests.leases.builders import QUICK, Elsewhere, running_process
from tests.waiting import eventually

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(held, "timing", lambda: QUICK)


def taken(name: str = "beat") -> held.Held:
    # Renewed by nobody but the test: the thread that renews may still sleep after a test before this one.
    lease = held.take(name, by_work=True)
    assert lease is not None
    return lease


def test_a_second_process_waits_until_the_lease_is_given_back() -> None:
    mine, other = taken(), Elsewhere()
    assert other.take("beat") is None
    assert other.take("poll:1") is not None, "another duty"
    held.release(mine)
    theirs = other.take("beat")
    assert theirs is not None
    assert theirs > mine.token
    assert not mine.holds()


def test_a_second_thread_of_the_process_does_not_get_it_either() -> None:
    taken()
    assert held.take("beat") is None


@pytest.mark.usefixtures("quick")
def test_who_does_not_renew_loses_it_and_knows_so_before_another_can_take_it() -> None:
    mine, other = taken(), Elsewhere()
    while mine.holds():
        assert other.take("beat") is None
        time.sleep(0.01)
    with pytest.raises(LeadershipLost):
        mine.check()
    eventually(lambda: other.take("beat"))
    held.renew(mine)
    assert mine.lost, "the renewal of a lease that another process has changes nothing"
    assert Lease.objects.get().token == mine.token + 1


@pytest.mark.usefixtures("quick")
def test_a_late_renewal_is_good_while_nobody_has_taken_the_lease() -> None:
    mine = taken()
    eventually(lambda: not mine.holds())
    held.renew(mine)
    assert mine.holds()
    assert Elsewhere().take("beat") is None


@pytest.mark.parametrize(("steady_s", "wall_s"), [(3600.0, 3600.0), (0.0, 3600.0)], ids=["SIGSTOP", "paused machine"])
def test_the_first_look_after_a_pause_shows_that_the_lease_may_be_gone(
    monkeypatch: pytest.MonkeyPatch, steady_s: float, wall_s: float
) -> None:
    mine, clocks = taken(), held._clocks
    monkeypatch.setattr(held, "_clocks", lambda: (clocks()[0] + steady_s, clocks()[1] + wall_s))
    assert not mine.holds()
    held.renew(mine)
    assert mine.holds(), "nobody has taken it meanwhile"


def test_without_a_database_the_holder_stops_by_its_own_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(held, "timing", lambda: QUICK)
    mine = taken()

    def away(*_args: object) -> None:
        raise OperationalError("the connection is closed")

    monkeypatch.setattr(sql, "renew", away)
    began = time.monotonic()
    while mine.holds():
        with pytest.raises(OperationalError):
            held.renew(mine)
        time.sleep(0.05)
    assert time.monotonic() - began < QUICK.lasts_s


@pytest.mark.postgres
@pytest.mark.parametrize("hours", [-3, 3])
def test_a_machine_whose_clock_is_wrong_takes_nothing_from_others(monkeypatch: pytest.MonkeyPatch, hours: int) -> None:
    taken()
    now = timezone.now
    monkeypatch.setattr(timezone, "now", lambda: now() + timedelta(hours=hours))
    assert Elsewhere().take("beat") is None
    other = Elsewhere().take("poll:1")
    monkeypatch.undo()
    assert other is not None
    assert Lease.objects.get(pk="poll:1").expires_at < timezone.now() + held.SERVER.lasts


def test_a_lease_of_a_clock_that_was_set_back_blocks_nobody() -> None:
    taken()
    Lease.objects.update(expires_at=timezone.now() + timedelta(hours=1))
    assert Elsewhere().take("beat") is not None


def test_a_killed_process_of_this_machine_is_followed_at_once() -> None:
    taken()
    with running_process() as (child, identity):
        held.clear_cache()
        Lease.objects.update(process=identity)
        assert held.take("beat") is None
        child.kill()
        child.wait(30)
        assert held.take("beat") is not None


def test_the_process_id_of_another_machine_or_container_says_nothing() -> None:
    with running_process() as (_child, identity):
        pass
    place, _, rest = identity.partition("|")
    assert processes.has_ended(f"{place}|{rest}")
    for elsewhere in (f"another-boot/pid:[1]|{rest}", f"{place.partition('/')[0]}/pid:[1]|{rest}", f"|{rest}", ""):
        assert not processes.has_ended(elsewhere)


def test_two_processes_that_try_at_the_same_moment_do_not_both_get_it() -> None:
    seen = sql.create("beat")
    together, won = threading.Barrier(4), []

    def run(number: int) -> None:
        try:
            together.wait(30)
            token = sql.take(seen, f"box:{number}", f"there|{number}|1", held.timing().lasts, ended=False)
            won.extend([number] if token else [])
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(won) == 1
    assert Lease.objects.get().holder == f"box:{won[0]}"


@pytest.mark.usefixtures("quick")
def test_an_effect_of_a_former_holder_is_refused_by_its_token() -> None:
    mine, other = taken(), Elsewhere()
    effect = Lease.objects.filter(pk="beat")
    assert effect.filter(mine.current()).update(holder="mine") == 1
    eventually(lambda: other.take("beat"))
    assert effect.filter(mine.current()).update(holder="mine") == 0
    with pytest.raises(LeadershipLost):
        mine.confirm()


@pytest.mark.postgres
def test_a_node_that_vanishes_leaves_no_lock_on_a_lease() -> None:
    """Each statement is its own transaction, so there is no moment at which a cut network leaves one open."""
    with CaptureQueriesContext(connection) as queries:
        mine = taken()
        held.renew(mine)
        held.release(mine)
    assert [query["sql"] for query in queries if query["sql"].startswith(("BEGIN", "SAVEPOINT"))] == []


def test_a_process_that_ends_gives_back_what_it_holds_and_takes_nothing_more() -> None:
    taken(), taken("poll:1")
    unfinished = taken("memory.optimize:5")
    held.leave()
    assert not unfinished.holds()
    assert held.take("beat") is None
    rows = {row.name: row.released_at for row in Lease.objects.all()}
    assert rows["beat"] is not None
    assert rows["poll:1"] is not None
    assert rows["memory.optimize:5"] is None, "what it has begun is for others to finish"
    for name in rows:
        assert Elsewhere().take(name) is not None


def test_a_lease_that_was_taken_in_a_transaction_holds_until_its_end() -> None:
    with transaction.atomic():
        mine = taken()
        assert mine.pinned
        mine.confirm()
        held.release(mine)
    assert Elsewhere().take("beat") is not None


def test_a_new_container_with_the_same_process_id_does_not_take_its_own_id_for_the_holder() -> None:
    """Every start of a container may have the same ids: elsewhere a lock of the former one then held for ever."""
    place, _, rest = processes.identity().partition("|")
    Lease.objects.create(
        name="beat",
        token=7,
        process=f"{place.partition('/')[0]}/pid:[4026500000]|{rest}",
        acquired_at=timezone.now(),
        renewed_at=timezone.now(),
        expires_at=timezone.now() + timedelta(seconds=3),
    )
    assert held.take("beat") is None, "the former one may be alive in a container beside this one"
    held.seize("beat")  # the server of a database file, which has the lock of the home
    lease = held.take("beat")
    assert lease is not None
    assert lease.token > 7


def test_a_lease_that_could_not_be_given_back_does_not_stop_the_next_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Elsewhere a connection that was lost during a run left a lock that no later run of the process could take."""

    def away(*_args: object) -> None:
        raise OperationalError("the connection is closed")

    mine = taken()
    with monkeypatch.context() as patched:
        patched.setattr(sql, "release", away)
        with pytest.raises(OperationalError):
            held.release(mine)
    again = held.take("beat")
    assert again is not None
    assert again.token > mine.token


def test_giving_back_a_lease_that_another_process_has_changes_nothing() -> None:
    mine = taken()
    Lease.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    other = Elsewhere().take("beat")
    held.release(mine)
    row = Lease.objects.get()
    assert (row.token, row.released_at) == (other, None)


def test_a_worker_of_a_container_that_shares_the_host_name_is_not_taken_for_dead() -> None:
    with running_process() as (child, _identity):
        mine = processes.stamp(child.pid)
        other = f"{mine.partition('@')[0]}@0123456789"
        assert not processes.is_known_to_be_gone(child.pid, mine)
        assert len(mine) <= 32
    assert processes.is_known_to_be_gone(child.pid, mine)
    assert not processes.is_known_to_be_gone(child.pid, other)
    assert processes.is_known_to_be_gone(child.pid, mine.partition("@")[0]), "as a former version wrote it"
