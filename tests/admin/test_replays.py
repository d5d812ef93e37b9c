"""Operators begin, watch, compare and mark replays, and edit sets of saved questions."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from bots.admin.replays import compare
from bots.models import AuditEntry, BotAccess, Channel, EvaluationCase, EvaluationSet, Message, ReplayRun, ReplayTurn
from bots.operations import replays
from bots.replays import runs
from tests.builders import make_bot
from tests.pipeline.engine.answer.tool_loop_builders import ask, asking
from tests.tool_model import Wants

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("words_only")]


@pytest.fixture
def root(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("root"))
    return client


def as_member(client: Client, bot: Any, role: str) -> Client:
    user = User.objects.create_user(role, is_staff=True)
    BotAccess.objects.create(user=user, bot=bot, role=role)
    client.force_login(user)
    return client


def replay(channel: Channel) -> ReplayRun:
    with asking(Wants("The shop <b>opens</b> at nine."), Wants("The shop opens at ten.")):
        ask(channel, "When does it open?")
        return replays.work(replays.begin(channel.bot, "tester", replays.Options()))


def page_of(run: ReplayRun) -> str:
    return reverse("admin:bots_replayrun_compare", args=(run.pk,))


def test_a_replay_is_begun_watched_and_compared(root: Client, channel: Channel) -> None:
    with asking(Wants("Nine."), Wants("Ten.")):
        ask(channel, "When does it open?")
        form = root.get(reverse("admin:bots_replayrun_add"), {"bot": channel.bot_id})
        assert "Replay past turns" in form.content.decode()
        values = {"bot": channel.bot_id, "limit": 5, "parallel": 1, "deadline_s": 30, "instructions": "Be brief."}
        answered = root.post(reverse("admin:bots_replayrun_add"), values)
        run = ReplayRun.objects.get()
        assert answered.url == page_of(run)  # type: ignore[attr-defined]
        assert "0 of 1" in root.get(page_of(run)).content.decode()
        assert runs.work(run.pk)
    html = root.get(page_of(run)).content.decode()
    assert "<del>Nine</del>" in html
    assert "<ins>Ten</ins>" in html
    assert "Be brief." in html
    assert AuditEntry.objects.filter(actor="root", field_names=["instructions"]).exists()


def test_what_people_write_is_escaped(root: Client, channel: Channel) -> None:
    html = root.get(page_of(replay(channel))).content.decode()
    assert "<b>opens" not in html
    assert "nine" in html


def test_marks_filters_and_sums(root: Client, channel: Channel) -> None:
    run = replay(channel)
    row = ReplayTurn.objects.get()
    told = root.post(page_of(run), {"mark": f"{row.pk}:better"}, headers={"X-Requested-With": "fetch"})
    assert told.json() == {"marks": {"better": 1}}
    assert ReplayTurn.objects.get().marked_by == "root"
    shown = {show: f'id="turn-{row.pk}"' in root.get(page_of(run), {"show": show}).content.decode() for show in
             ("", "changed", "unmarked", "failed", "left", "nonsense")}  # fmt: skip
    assert shown == {"": True, "changed": True, "unmarked": False, "failed": False, "left": False, "nonsense": True}
    assert root.post(page_of(run), {"mark": f"{row.pk}:"}).status_code == 302
    assert ReplayTurn.objects.get().mark == ""
    assert root.post(page_of(run), {"mark": "x:better"}).status_code == 404


def test_a_wrong_form_says_why(root: Client) -> None:
    bot = make_bot()
    values = {"bot": bot.pk, "limit": 5, "parallel": 1, "deadline_s": 30}
    html = root.post(reverse("admin:bots_replayrun_add"), values).content.decode()
    assert "There is no turn to repeat" in html
    html = root.post(reverse("admin:bots_replayrun_add"), values | {"skills": "juggling"}).content.decode()
    assert "There is no skill" in html
    assert ReplayRun.objects.count() == 0


def test_rights(client: Client, channel: Channel) -> None:
    run = replay(channel)
    stranger = make_bot()
    assert as_member(client, stranger, "manager").get(page_of(run)).status_code == 404
    member = as_member(client, channel.bot, "viewer")
    assert member.get(page_of(run)).status_code == 200
    row = ReplayTurn.objects.get()
    assert member.post(page_of(run), {"mark": f"{row.pk}:better"}).status_code == 403
    assert member.get(reverse("admin:bots_replayrun_add")).status_code == 403
    asked = Message.objects.filter(role="user").latest("pk")
    add_turn = reverse("admin:bots_evaluationset_add_turn", args=(asked.pk,))
    assert member.post(add_turn).status_code == 403
    operator = as_member(client, channel.bot, "operator")
    assert operator.post(page_of(run), {"mark": f"{row.pk}:better"}).status_code == 302
    assert operator.get(reverse("admin:bots_replayrun_add")).status_code == 200
    User.objects.get(username="operator").user_permissions.clear()
    assert operator.post(page_of(run), {"mark": f"{row.pk}:worse"}).status_code == 403
    assert operator.post(add_turn).status_code == 403
    assert ReplayTurn.objects.get().mark == "better"


def test_a_set_is_edited_run_and_exported(root: Client) -> None:
    row = EvaluationSet.objects.create(name="basics", bot=make_bot())
    address = reverse("admin:bots_evaluationset_change", args=(row.pk,))
    values = {"name": "basics", "description": "", "cases-TOTAL_FORMS": 1, "cases-INITIAL_FORMS": 0}
    case = {"name": "sum", "question": "2+2?", "earlier": "user: Hi\nbot: Hello", "enabled": "on"}
    wrong = {f"cases-0-{key}": value for key, value in (case | {"expectations": "matches: ("}).items()}
    assert "is wrong" in root.post(address, values | wrong).content.decode()
    right = {f"cases-0-{key}": value for key, value in (case | {"expectations": "contains: 4\nlongest: 20"}).items()}
    assert root.post(address, values | right).status_code == 302
    saved = EvaluationCase.objects.get()
    assert saved.expectations == [{"kind": "contains", "value": "4"}, {"kind": "longest", "value": "20"}]
    assert saved.earlier == [{"role": "user", "text": "Hi"}, {"role": "assistant", "text": "Hello"}]
    assert "contains: 4" in root.get(address).content.decode()
    with asking(Wants("It is 5.")):
        root.post(reverse("admin:bots_evaluationset_run", args=(row.pk,)))
        run = ReplayRun.objects.get()
        runs.work(run.pk)
    html = root.get(page_of(run)).content.decode()
    assert "not as expected" in html
    document = root.get(reverse("admin:bots_evaluationset_export", args=(row.pk, "yaml")))
    upload = SimpleUploadedFile("new.yaml", document.content + b"- {question: 'And 3+3?'}\n")
    root.post(reverse("admin:bots_evaluationset_import", args=(row.pk,)), {"file": upload})
    assert row.cases.count() == 2
    assert root.get(reverse("admin:bots_evaluationset_export", args=(row.pk, "exe"))).status_code == 404


def test_a_past_turn_is_added_with_one_click(root: Client, channel: Channel) -> None:
    with asking(Wants("Nine.")):
        ask(channel, "When does it open?")
    asked = Message.objects.get(role="user")
    html = root.get(reverse("admin:bots_conversation_turn", args=(asked.conversation_id, asked.pk))).content.decode()
    address = reverse("admin:bots_evaluationset_add_turn", args=(asked.pk,))
    assert address in html
    root.post(address, {"set": ""})
    root.post(address, {"set": ""})
    assert EvaluationCase.objects.get().question == "When does it open?"


@pytest.mark.parametrize(
    ("then", "now", "old", "new"),
    [
        ("It opens at nine.", "It opens at ten.", "It opens at <del>nine</del>.", "It opens at <ins>ten</ins>."),
        ("她住在成都。", "她住在北京。", "她住在<del>成都</del>。", "她住在<ins>北京</ins>。"),
        ("a < b", "a < c", "a &lt; <del>b</del>", "a &lt; <ins>c</ins>"),
        ("", "new", "", "<ins>new</ins>"),
        ("same", "same", "same", "same"),
    ],
)
def test_the_difference_is_in_words(then: str, now: str, old: str, new: str) -> None:
    assert tuple(map(str, compare.marked(then, now))) == (old, new)


def test_very_long_answers_stay_unmarked() -> None:
    then, now = compare.marked("a " * 4000, "b " * 4000)
    assert "<" not in f"{then}{now}"
