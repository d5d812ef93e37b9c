"""Log-ins: wrong passwords lock a name for the address they come from, and the audit log has every attempt."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.models import Permission, User
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from bots.edge import login_throttle
from bots.models import AuditEntry
from clawdbot.token_bucket import Rate
from tests.admin.builders import address, login, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.databases]
PASSWORD = "correct horse battery"
HOME, OFFICE = "203.0.113.7", "198.51.100.9"
PROXY = "127.0.0.1"


@pytest.fixture(autouse=True)
def quick_hashes(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # the real one takes half a second


@pytest.fixture
def ann() -> User:
    user = make_user("ann")
    user.set_password(PASSWORD)
    user.save()
    return user


def attempt(name: str, password: str, peer: str = HOME, *, language: str = "en", **meta: str) -> Any:
    client = Client(HTTP_ACCEPT_LANGUAGE=language, REMOTE_ADDR=peer, **meta)
    return client.post(reverse("admin:login"), {"username": name, "password": password})


def fail(name: str = "ann", times: int = 5, peer: str = HOME, **values: str) -> Any:
    for number in range(times):
        answer = attempt(name, f"wrong {number}", peer, **values)
    return answer


def rows() -> list[tuple[str, str, str, str]]:
    return list(AuditEntry.objects.order_by("id").values_list("action", "actor", "subject", "result"))


def test_the_right_password_logs_in_and_out_with_a_row_each(ann: User) -> None:
    client = Client(REMOTE_ADDR=HOME)
    assert client.post(reverse("admin:login"), {"username": "ann", "password": PASSWORD}).status_code == 302
    client.post(reverse("admin:logout"))
    assert rows() == [("login", "ann", HOME, "done"), ("logout", "ann", HOME, "done")]


@pytest.mark.parametrize(
    ("language", "words"), [("en", "locked for 15 minutes"), ("zh-hans", "锁定15分钟")], ids=["en", "zh"]
)
def test_five_wrong_passwords_lock_the_name_for_that_address(ann: User, language: str, words: str) -> None:
    assert fail(times=4).status_code == 200
    answer = fail(times=1, language=language)
    assert (answer.status_code, answer["Retry-After"]) == (429, "900")
    assert words in answer.content.decode()
    assert "unlock_login" in answer.content.decode()
    locked = attempt("ann", PASSWORD, language=language)
    assert locked.status_code == 429
    assert attempt("ann", PASSWORD, OFFICE).status_code == 302
    assert rows()[:6] == [("login", "ann", HOME, "failed")] * 5 + [("lock", "ann", HOME, "failed")]


def test_attempts_during_the_lock_neither_prolong_it_nor_fill_the_audit_log(ann: User) -> None:
    fail()
    began = AccessAttempt.objects.get().attempt_time
    fail(times=3)
    assert AccessAttempt.objects.get().attempt_time == began
    assert len(rows()) == 6
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=16))
    assert attempt("ann", PASSWORD).status_code == 302


def test_a_right_password_ends_the_count(ann: User) -> None:
    fail(times=4)
    assert attempt("ann", PASSWORD).status_code == 302
    assert fail(times=4).status_code == 200


@pytest.mark.parametrize(
    ("forwarded", "locked"),
    [
        ((HOME, HOME), True),
        (("6.6.6.6, 203.0.113.7", "7.7.7.7, 203.0.113.7"), True),  # the caller wrote what stands before the comma
        (("203.0.113.7:4711", "203.0.113.7:4712"), True),
        (("::ffff:203.0.113.7", "203.0.113.7"), True),
        (("2001:db8:1:2::1", "2001:db8:1:2:ffff::9"), True),
        (("[2001:db8:1:2::1]:443", "2001:db8:1:2::2"), True),
        ((HOME, OFFICE), False),
        (("2001:db8:1:2::1", "2001:db8:1:3::1"), False),
        (("nonsense", "more nonsense"), True),  # counted for the proxy itself
    ],
)
def test_behind_a_trusted_proxy_the_forwarded_address_counts(
    ann: User, forwarded: tuple[str, str], locked: bool
) -> None:
    fail(peer=PROXY, HTTP_X_FORWARDED_FOR=forwarded[0])
    answer = attempt("ann", PASSWORD, PROXY, HTTP_X_FORWARDED_FOR=forwarded[1])
    assert answer.status_code == (429 if locked else 302)


def test_a_header_of_a_caller_who_is_no_proxy_counts_for_nothing(ann: User) -> None:
    for number in range(5):
        attempt("ann", "wrong", HTTP_X_FORWARDED_FOR=f"10.0.0.{number}")
    assert attempt("ann", PASSWORD, HTTP_X_FORWARDED_FOR="10.0.0.99").status_code == 429
    assert {subject for _action, _actor, subject, _result in rows()} == {HOME}


def test_a_name_that_nobody_has_is_locked_and_never_stored(ann: User) -> None:
    typed = "my password in the wrong field"
    assert fail(typed).status_code == 429
    assert attempt("somebody else", "wrong").status_code == 200
    stored = str([vars(row) for row in (*AccessAttempt.objects.all(), *AuditEntry.objects.all())])
    assert typed not in stored
    assert "wrong 1" not in stored
    assert rows()[-1] == ("login", "unknown name", HOME, "failed")


def test_one_address_cannot_try_many_names_quickly(ann: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(login_throttle, "RATE", Rate(3, 1e-6))
    answers = [attempt(f"name {number}", "wrong", language="zh-hans") for number in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert int(answers[-1]["Retry-After"]) > 0
    assert "稍等" in answers[-1].content.decode()
    assert attempt("ann", PASSWORD, OFFICE).status_code == 302


def test_the_command_unlocks_and_says_what_it_did(ann: User) -> None:
    fail()
    fail(peer=OFFICE)
    out = StringIO()
    call_command("unlock_login", "ann", stdout=out)
    assert "ann may log in again" in out.getvalue()
    assert attempt("ann", PASSWORD).status_code == 302
    assert ("unlock", "command line", "ann", "done") in rows()
    call_command("unlock_login", "ann", stdout=out)
    assert "ann had no failed log-ins" in out.getvalue()
    with pytest.raises(CommandError, match="no user nobody"):
        call_command("unlock_login", "nobody")


def unlock_by(user: User) -> Any:
    chosen = {"action": "unlock", "_selected_action": [row.pk for row in AccessAttempt.objects.all()]}
    return login(user).post(address(AccessAttempt, "changelist"), chosen, follow=True)


def test_the_page_of_failed_log_ins_unlocks(ann: User) -> None:
    fail()
    boss = make_user()
    shown = login(boss).get(address(AccessAttempt, "changelist")).content.decode()
    assert HOME in shown
    assert "locked" in shown
    assert "1 user may log in again" in unlock_by(boss).content.decode()
    assert attempt("ann", PASSWORD).status_code == 302
    assert ("unlock", "root", "ann", "done") in rows()


def test_only_those_who_may_delete_failed_log_ins_unlock(ann: User) -> None:
    fail()
    viewer = make_user("eve", superuser=False)
    assert login(viewer).get(address(AccessAttempt, "changelist")).status_code == 403
    viewer.user_permissions.add(Permission.objects.get(codename="view_accessattempt"))
    assert login(viewer).get(address(AccessAttempt, "changelist")).status_code == 200
    unlock_by(viewer)
    assert attempt("ann", PASSWORD).status_code == 429
    viewer.user_permissions.add(Permission.objects.get(codename="delete_accessattempt"))
    unlock_by(viewer)
    assert attempt("ann", PASSWORD).status_code == 302


@pytest.mark.parametrize(
    ("language", "words"), [("en", "at least 10 characters"), ("zh-hans", "至少 10 个字符")], ids=["en", "zh"]
)
def test_a_new_user_needs_a_good_password(language: str, words: str) -> None:
    form = {"username": "newcomer", "password1": "Ab3-x9_q", "password2": "Ab3-x9_q", "usable_password": "true"}
    shown = login(make_user(), language).post(address(User, "add"), form).content.decode()
    assert words in shown
    assert not User.objects.filter(username="newcomer").exists()


def test_log_ins_are_shown_to_superusers_only(ann: User) -> None:
    fail(times=1)
    assert "Log-in" in login(make_user()).get(address(AuditEntry, "changelist")).content.decode()
    eve = make_user("eve", superuser=False)
    assert HOME not in login(eve).get(address(AuditEntry, "changelist")).content.decode()
