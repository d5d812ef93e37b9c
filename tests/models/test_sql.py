"""Compiled statements write and read the same rows as the ORM, for every model and field."""

from __future__ import annotations

import ast
import copy
import datetime
import itertools
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, models, transaction
from django.utils import timezone

import bots
from bots.models import Identity, InboundEvent, Message, OutboundMessage, sql
from bots.pipeline.queue import workers
from tests.builders import make_channel, make_conversation, make_event, make_outbound

pytestmark = [pytest.mark.django_db, pytest.mark.databases]

NOW = datetime.datetime(2026, 11, 30, 6, 7, 8, 901234, tzinfo=datetime.UTC)
COUNTED = [
    model
    for app in ("bots", "skills")
    for model in apps.get_app_config(app).get_models()
    if isinstance(model._meta.pk, models.AutoField)
]
_numbers = itertools.count(1)


def value_of(field: Any) -> Any:
    """Returns a value that a wrong conversion would change: not the default, not ASCII, with all digits."""
    number = next(_numbers)
    match field:
        case models.ForeignKey():
            return specimen(field.related_model)
        case models.CharField() | models.TextField() if field.choices:
            return field.choices[-1][0]
        case models.SlugField():
            return f"slug-{number}"
        case models.CharField() | models.TextField() | models.FileField():
            return f"{number}-钥匙 ☃ 'x' %s"[: field.max_length]
        case models.JSONField():
            return {"键": [1, None, True, 1.5, {"a": "‘b’"}]}
        case models.BooleanField():
            return not field.get_default()
        case models.DecimalField():
            return Decimal("0.001234")
        case models.FloatField():
            return 0.1
        case models.IntegerField():
            return number
        case models.DateTimeField():
            return NOW + datetime.timedelta(microseconds=number)
        case models.DateField():
            return NOW.date() + datetime.timedelta(days=number)
    raise NotImplementedError(f"no value for {type(field).__name__}: add one")


def full(model: type[models.Model]) -> models.Model:
    """Returns an unsaved row with every column set; stores the rows that it refers to."""
    fields = [field for field in model._meta.concrete_fields if not field.primary_key]
    # A reference to the same model would recurse for ever.
    own = {field.name: None for field in fields if field.related_model is model}
    return model(**{field.name: value_of(field) for field in fields if field.name not in own}, **own)


def bare(model: type[models.Model]) -> models.Model:
    """Returns an unsaved row with defaults where possible and nulls where allowed."""
    unique = {
        name for one in model._meta.constraints if isinstance(one, models.UniqueConstraint) for name in one.fields
    }
    wanted = {}
    for field in model._meta.concrete_fields:
        required = not field.null and field.get_default() is None
        if not field.primary_key and (required or (field.name in unique and field.get_default() == "")):
            wanted[field.name] = value_of(field)
    return model(**wanted)


def specimen(model: type[models.Model]) -> models.Model:
    row = bare(model)
    row.save(force_insert=True)
    return row


def columns(row: models.Model) -> dict[str, Any]:
    """Returns the row as the database has it, without its key."""
    table = type(row)._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {table} WHERE id=%s", [row.pk])
        (values,) = cursor.fetchall()
        return {column[0]: value for column, value in zip(cursor.description, values, strict=True) if column[0] != "id"}


def fields(row: models.Model) -> dict[str, Any]:
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


@pytest.mark.parametrize("make", [full, bare])
@pytest.mark.parametrize("model", COUNTED, ids=lambda model: model.__name__)
def test_a_row_is_written_and_read_as_the_orm_does_it(
    model: type[models.Model], make: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)  # the value of `auto_now`
    monkeypatch.setattr("bots.access.role_permissions.give", lambda *_arguments: None)  # a signal, after the row
    row = make(model)
    saved = copy.deepcopy(row)
    with transaction.atomic():
        models.Model.save_base(saved, force_insert=True)
        by_orm = columns(saved)
        transaction.set_rollback(True)
    sql.insert(row)
    assert columns(row) == by_orm
    assert not row._state.adding
    found, expected = sql.get_with(model, "id + 1", "id=%s", [row.pk]), model._base_manager.get(pk=row.pk)
    assert found is not None
    read, more = found
    assert more == row.pk + 1
    assert fields(read) == fields(expected)
    assert (read._state.adding, read._state.db) == (False, expected._state.db)


def test_nothing_found_is_none() -> None:
    assert sql.get_with(Message, "id", "id=%s", [0]) is None
    assert sql.read_locked(Identity, "person_id", 0, exclusive=False) is None


@pytest.mark.parametrize("exclusive", [False, True])
def test_a_value_is_read_under_a_lock(exclusive: bool) -> None:
    conversation = make_conversation(make_channel())
    account = Identity.objects.create(channel=conversation.channel, external_id="1", person=conversation.person)
    assert sql.read_locked(Identity, "person_id", account.pk, exclusive=exclusive) == conversation.person_id


def inbound() -> InboundEvent:
    event = make_event("你好")
    payload = event.to_dict(with_raw=False)
    return InboundEvent.objects.create(channel=make_channel(), dedupe_key="1", queue_key="q", payload=payload)


def outbound() -> OutboundMessage:
    channel = make_channel()
    return make_outbound(channel, make_conversation(channel))


@pytest.mark.parametrize(("make", "busy"), [(inbound, "processing"), (outbound, "sending")])
def test_a_claimed_row_is_what_the_orm_reads(make: Any, busy: str) -> None:
    waiting: InboundEvent | OutboundMessage = make()
    model = type(waiting)
    assert not sql.is_queue_free(model, waiting.queue_key, busy)
    assert sql.next_waiting(model, waiting.queue_key, busy) == waiting.pk
    claimed = sql.claim(model, waiting.pk, busy, workers.current())
    assert claimed is not None
    assert (claimed.state, claimed.attempts, claimed.owner) == (busy, 1, workers.current())
    assert fields(claimed) == fields(model.objects.get(pk=waiting.pk))
    assert sql.next_waiting(model, waiting.queue_key, busy) is None


@pytest.mark.parametrize(("make", "busy"), [(inbound, "processing"), (outbound, "sending")])
def test_a_claimed_row_is_changed_as_the_orm_changes_it_and_only_under_its_claim(make: Any, busy: str) -> None:
    waiting = make()
    claimed = sql.claim(type(waiting), waiting.pk, busy, workers.current())
    changed = {"payload": {"键": [None, 1]}, "error": "出错", "due_at": NOW, "claimed_at": None}
    assert claimed is not None
    stale = copy.copy(claimed)
    stale.attempts += 1
    assert not sql.update_claimed(stale, busy, changed)
    assert columns(waiting)["error"] == ""
    assert sql.update_claimed(claimed, busy, changed)
    by_sql = columns(waiting)
    type(waiting).objects.filter(pk=waiting.pk).update(payload={}, error="", due_at=timezone.now())
    type(waiting).objects.filter(pk=waiting.pk).update(**changed)
    assert by_sql == columns(waiting)


ROOT = Path(bots.__file__).parent
# What copies whole databases, reads what a migration would do or locks migrations works on no model. Pipelines of Redis
# are executed, too.
NO_ROWS = re.compile(
    r"maintenance/[\w/]+\.py|monitoring/migrations\.py|models/applied_migrations\.py|pipeline/outbox/shared_journal\.py"
)
EXECUTES = {"execute", "executemany", "callproc", "raw", "extra", "RawSQL"}
ELSEWHERE = {"monitoring/readiness.py": ["'SELECT 1'"] * 2}


def executed(path: Path) -> list[str]:
    """Returns the statements that a module executes; "..." stands for one that is not constant."""
    found: list[str] = []
    text = path.read_text(encoding="utf8")
    if not any(name in text for name in EXECUTES):
        return found
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        if name in EXECUTES:
            constant = bool(node.args) and isinstance(node.args[0], ast.Constant)
            found.append(ast.unparse(node.args[0]) if constant else "...")
    return found


def test_no_other_module_of_bots_executes_sql() -> None:
    modules = [path for path in ROOT.rglob("*.py") if path.parent != ROOT / "models" / "sql"]
    found = {path.relative_to(ROOT).as_posix(): statements for path in modules if (statements := executed(path))}
    assert {path: found[path] for path in found if not NO_ROWS.fullmatch(path)} == ELSEWHERE
    assert any(executed(path) for path in (ROOT / "models" / "sql").glob("*.py")), "the search finds what there is"
