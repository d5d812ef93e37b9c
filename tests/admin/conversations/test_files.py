"""Users with access to the bot download files of people."""

from __future__ import annotations

import pytest
from django.urls import reverse

from bots.models import BotAccess
from tests.admin.builders import login, make_bot, make_channel, make_conversation, make_file, make_user

pytestmark = pytest.mark.django_db


def test_a_file_is_downloaded_and_never_shown() -> None:
    found = make_file(make_conversation(make_channel(make_bot())), b"<script>alert(1)</script>")
    response = login(make_user()).get(reverse("admin:bots_receivedfile_download", args=[found.pk]))
    assert b"".join(response.streaming_content) == b"<script>alert(1)</script>"  # type: ignore[attr-defined]
    assert response["Content-Disposition"].startswith("attachment")
    assert response["Content-Security-Policy"] == "sandbox"
    response.close()


def test_an_operator_of_another_bot_gets_nothing() -> None:
    found = make_file(make_conversation(make_channel(make_bot("ada"))))
    user = make_user("eve", superuser=False)
    BotAccess.objects.create(user=user, bot=make_bot("other"))
    assert login(user).get(reverse("admin:bots_receivedfile_download", args=[found.pk])).status_code == 403
