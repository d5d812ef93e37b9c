"""Every list, add page and change page of the admin opens, in both languages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.db import transaction

from tests.admin.builders import INTERNAL, MODELS, address, login, make_user, make_world

SEARCHED = [model for model in MODELS if admin.site._registry[model].search_fields]
LANGUAGES = ("en", "zh-hans")


@pytest.fixture(scope="module", autouse=True)
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Makes a row of nearly every model once; no page of these tests changes one."""
    with django_db_blocker.unblock(), transaction.atomic():
        make_world()
        yield
        transaction.set_rollback(True)


def test_every_model_of_the_product_is_registered() -> None:
    from django.apps import apps

    registered = {model._meta.label for model in MODELS}
    ours = {m._meta.label for app in ("bots", "memory", "skills") for m in apps.get_app_config(app).get_models()}
    assert ours - INTERNAL <= registered
    for label in ("auth.User", "auth.Group", "bots.ApiToken", "django_celery_beat.PeriodicTask"):
        assert label in registered


@pytest.mark.django_db
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_the_pages_of_a_model_open(model: Any, language: str) -> None:
    user = make_user()
    client = login(user, language)
    owner = admin.site._registry[model]
    row = model._default_manager.first()

    listed = client.get(address(model, "changelist"))
    assert listed.status_code == 200
    assert row is not None, "the world has no row of this model: add one to the builders"
    changed = client.get(address(model, "change", row.pk))
    assert changed.status_code == 200
    assert "(&#x27;" not in changed.content.decode(), "a label of a list stands on the page as a Python tuple"
    assert client.get(address(model, "history", row.pk)).status_code == 200

    request = listed.wsgi_request
    expected = 200 if owner.has_add_permission(request) else 403
    assert client.get(address(model, "add")).status_code == expected
    if owner.has_delete_permission(request, row):
        assert client.get(address(model, "delete", row.pk)).status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("model", SEARCHED, ids=lambda model: model._meta.label)
def test_every_list_can_be_searched_where_it_has_a_search_box(model: Any) -> None:
    client = login(make_user())
    assert client.get(address(model, "changelist"), {"q": "p0"}).status_code == 200


@pytest.mark.django_db
def test_the_pages_speak_the_language_of_the_browser() -> None:
    user = make_user()
    assert "Conversations" in login(user, "en").get("/admin/").content.decode()
    assert "会话" in login(user, "zh-hans").get("/admin/").content.decode()


@pytest.mark.django_db
def test_the_language_can_be_switched_in_the_admin() -> None:
    client = login(make_user(), "en")
    client.post("/i18n/setlang/", {"language": "zh-hans", "next": "/admin/"})
    assert "会话" in client.get("/admin/").content.decode()
