"""A chat address without a bot: a visitor reads a plain sentence, an operator the mend."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("language", "words"), [("en", "Nobody can be reached"), ("zh-hans", "没有人可以联系")])
@pytest.mark.parametrize("address", ["/", "/chat/gone/"])
def test_a_visitor_reads_no_word_of_an_operator(client: Client, address: str, language: str, words: str) -> None:
    answer = client.get(address, headers={"accept-language": language})
    assert answer.status_code == 404
    page = answer.content.decode()
    assert words in page
    assert "manage.py" not in page
    assert "admin" not in page


@pytest.mark.parametrize(("installed", "command"), [(False, "python manage.py bot add"), (True, "clawdbot bot add")])
def test_an_operator_reads_the_command_of_this_installation(
    admin_client: Client, settings: Any, installed: bool, command: str
) -> None:
    settings.INSTALLED = installed
    page = admin_client.get("/chat/gone/").content.decode()
    assert command in page
    assert "/admin/bots/bot/add/" in page
