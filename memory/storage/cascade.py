"""Updates memories when a bot, a person, a conversation or a message is deleted.

References of this app to other apps (`on_delete=DO_NOTHING, db_constraint=False`) may cross databases, so neither
Django nor the database cascades them. This module does: it deletes rows whose reference is mandatory and sets the
reference to NULL in all others. With one database this happens in the same transaction. With two it happens after the
commit (so it does for memories in MongoDB), and `memory.storage.orphans` finds the rows that a crash leaves behind.
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
    """Connects the deletion signals. Called once, when the app is ready."""
    for name in SENDERS:
        pre_delete.connect(_deleted, sender=apps.get_model(name), dispatch_uid=f"memory.storage.cascade:{name}")


def references() -> Iterator[tuple[type[models.Model], models.ForeignKey[Any, Any]]]:
    """Yields every foreign key to another app, with its model."""
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
    # Django clears the primary key of the instance before the commit.
    pk = instance.pk
    for model, name in steps:
        if using == database.home_of(model):
            detach(model, name, [pk])
        else:
            database.after_commit_of(using, partial(detach, model, name, [pk]))


def _covered(model: type[models.Model], sender: type[models.Model], origin: type[Any]) -> bool:
    """Tells whether the deletion's root object already covers the rows: a bot's people need no query each."""
    if origin is sender:
        return False
    return any(owner is model and field.related_model is origin for owner, field in references())


def detach(model: type[models.Model], name: str, keys: list[Any]) -> int:
    """Deletes the rows that refer to these keys, or sets a nullable reference to NULL; returns the number of rows.

    Args:
        model: a model of this app.
        name: the name of its foreign key.
        keys: the deleted keys.
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
        # its messages are deleted with it, without a signal for each
        names += [
            f.name for owner, f in references() if owner is model and f.related_model is apps.get_model("bots.Message")
        ]
    return names
