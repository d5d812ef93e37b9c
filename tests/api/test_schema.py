"""The schema is complete and gives no warning; the docs page loads only files of this site."""

from __future__ import annotations

import re
import warnings
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.test import Client
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema


@pytest.fixture(scope="module")
def schema() -> Any:
    return SchemaGenerator().get_schema(request=None, public=True)


def test_it_is_valid_and_made_without_a_warning(capsys: pytest.CaptureFixture[str], tmp_path: Any) -> None:
    with GENERATOR_STATS.silence(), warnings.catch_warnings():
        warnings.simplefilter("error")
        call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(tmp_path / "schema.yml"))


def test_every_operation_has_a_summary_a_description_and_an_example(schema: Any) -> None:
    validate_schema(schema)
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            assert operation.get("summary"), (method, path)
            assert operation.get("description"), (method, path)
            if path.startswith("/api/v1/") and method != "delete":
                assert "example" in str(operation), (method, path)


def test_every_operation_of_the_api_names_its_errors(schema: Any) -> None:
    for path, operations in schema["paths"].items():
        for operation in operations.values():
            for status, answer in operation["responses"].items():
                if status >= "400":
                    assert list(answer["content"]) == ["application/problem+json"], path
            if path.startswith("/api/v1/"):
                assert {"401", "403", "429", "500"} <= set(operation["responses"])


def test_no_secret_can_be_read(schema: Any) -> None:
    for name, component in schema["components"]["schemas"].items():
        for field, about in component.get("properties", {}).items():
            if field in ("api_key", "account", "credentials"):
                assert about.get("writeOnly"), name


def test_the_addresses_are_those_of_the_product(schema: Any) -> None:
    assert {"/api/webhook", "/api/webhook/{channel_id}", "/api/v1/messages/", "/api/v1/memories/search/"} <= set(
        schema["paths"]
    )
    assert not [path for path in schema["paths"] if path.startswith("/api/webhook") and path.endswith("/")]


@pytest.mark.django_db
def test_the_docs_page_works_without_the_internet() -> None:
    page = Client().get("/api/docs/")
    text = page.content.decode()
    assert page.status_code == 200
    sources = re.findall(r"""(?:src|href)=["']([^"']+)["']""", text)
    assert sources
    for source in sources:
        assert source.startswith("/"), source
        if source.startswith("/static/"):
            assert finders.find(source.removeprefix("/static/")), source
    assert Client().get("/api/schema/").status_code == 200
