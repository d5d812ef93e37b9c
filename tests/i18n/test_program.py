"""Advice names commands as they are typed: manage.py in a checkout, clawdbot where the product is installed."""

from __future__ import annotations

from typing import Any

import pytest

from bots.i18n.program import as_typed

ADVICE = [
    ("python manage.py migrate", "clawdbot migrate"),
    ("set DATABASE_URL; or run: python manage.py poll", "set DATABASE_URL; or run: clawdbot poll"),
    ("未在运行：“manage.py poll --delete-webhook”", "未在运行：“clawdbot poll --delete-webhook”"),
    ("beside manage.py.", "beside manage.py."),
]


@pytest.mark.parametrize(("text", "typed"), ADVICE)
def test_an_installed_product_has_no_manage_py(settings: Any, text: str, typed: str) -> None:
    settings.INSTALLED = True
    assert as_typed(text) == typed


@pytest.mark.parametrize(("text", "_typed"), ADVICE)
def test_a_checkout_has_it(settings: Any, text: str, _typed: str) -> None:
    assert as_typed(text) == text
