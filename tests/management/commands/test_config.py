"""`manage.py config` prints the shipped configuration file; `beat` needs Redis."""

from __future__ import annotations

from io import StringIO

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from tests.clawdbot_site.builders import ROOT


def test_it_prints_the_file() -> None:
    out = StringIO()
    call_command("config", stdout=out)
    assert out.getvalue() == (ROOT / "config/production.yaml").read_text("utf8")


def test_an_unknown_preset_is_refused_with_those_that_exist() -> None:
    with pytest.raises(CommandError, match=r"there is no prod; known here: production"):
        call_command("config", "prod")


@pytest.mark.skipif(bool(settings.CLAWDBOT.redis_url), reason="there is a Redis")
def test_beat_without_redis_says_who_has_the_schedules() -> None:
    with pytest.raises(CommandError, match="use `serve`"):
        call_command("beat")
