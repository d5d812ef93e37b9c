"""What becomes of memories when a bot, a person, a conversation or a message is deleted.

A reference of this app into another one (`on_delete=DO_NOTHING, db_constraint=False`) may cross databases, so neither
Django's cascade nor the database follows it. Here it is followed: a row that needs what was deleted goes, any other
lets go of it. With one database this happens in the same transaction; with two after its commit, and what a crash in
between leaves behind is found by `memory.orphans`.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from django.apps import apps
from django.db import models
from django.db.models.signals import pre_delete

from memory import database

SENDERS = ("bots.Bot", "bots.Person", "bots.Conversation", "bots.Message")


def connect() -> None:
    """Listens to deletions; called once, when the app is ready."""
    for name in SENDERS:
        pre_delete.connect(_deleted, sender=apps.get_model(name), dispatch_uid=f"memory.deletion:{name}")


def references() -> Iterator[tuple[type[models.Model], models.ForeignKey[Any, Any]]]:
    """Every foreign key that leads out of this app, with its model."""
    for model in apps.get_app_config("memory").get_models(include_auto_created=True):
        for field in model._meta.concrete_fields:
            if isinstance(field, models.ForeignKey) and field.related_model._meta.app_label != "memory":
                yield model, field


def _deleted(sender: type[models.Model], instance: models.Model, using: str, origin: Any = None, **_: Any) -> None:
    origin_model = origin.model if isinstance(origin, models.QuerySet) else type(origin)
    steps = [
        (model, field.name)
        for model, field in references()
        if field.related_model is sender and not _covered(model, sender, origin_model)
    ]
    # the primary key is gone from the instance by the time of the commit
    pk = instance.pk
    for model, name in steps:
        if using == database.alias():
            detach(model, name, [pk])
        else:
            database.after_commit_of(using, partial(detach, model, name, [pk]))


def _covered(model: type[models.Model], sender: type[models.Model], origin: type[Any]) -> bool:
    """Whether the rows are dealt with by what the deletion began with: a bot's people need no query each."""
    if origin is sender:
        return False
    return any(owner is model and field.related_model is origin for owner, field in references())


def detach(model: type[models.Model], name: str, keys: list[Any]) -> int:
    """Deletes the rows that need one of these keys, or empties the reference where it may be empty; returns how many.

    Args:
        model: of this app.
        name: its foreign key.
        keys: what was deleted on the other side.
    """
    rows = model._default_manager.using(database.alias()).filter(**{f"{name}__in": keys})
    field: Any = model._meta.get_field(name)
    if not field.null:
        return int(rows.delete()[0])
    emptied = dict.fromkeys(_fields_to_empty(model, field))
    return int(rows.update(**emptied))


def _fields_to_empty(model: type[models.Model], field: Any) -> list[str]:
    names = [field.name]
    if field.related_model is apps.get_model("bots.Conversation"):
        # its messages go with it, and are not looked at one by one
        names += [
            f.name for owner, f in references() if owner is model and f.related_model is apps.get_model("bots.Message")
        ]
    return names
