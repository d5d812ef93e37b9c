"""The example for production passes Django's deployment checks and takes effect."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from clawdbot import request_id
from clawdbot_site import logs
from tests.clawdbot_site.builders import ROOT, run

PRODUCTION = str(ROOT / "config/production.yaml")
PRINT = """
import json
from clawdbot_site import settings
print(json.dumps({name: getattr(settings, name) for name in %r}, default=str))
"""


def values(home: Path, *names: str, **variables: str) -> dict[str, object]:
    result = run(home=home, command=[sys.executable, "-c", PRINT % (names,)], **variables)
    assert result.returncode == 0, result.stderr
    found: dict[str, object] = json.loads(result.stdout)
    return found


def test_the_production_example_passes_the_deployment_checks(tmp_path: Path) -> None:
    result = run("check", "--deploy", "--fail-level", "WARNING", home=tmp_path, CLAWDBOT_CONFIG=PRODUCTION)
    assert result.returncode == 0, result.stderr


def test_the_defaults_for_one_machine_do_not_pass_them(tmp_path: Path) -> None:
    result = run("check", "--deploy", "--fail-level", "WARNING", home=tmp_path)
    assert result.returncode == 1
    assert "clawdbot.W001" in result.stderr


def test_no_foreign_host_is_allowed_by_default(tmp_path: Path) -> None:
    assert values(tmp_path, "ALLOWED_HOSTS") == {"ALLOWED_HOSTS": ["localhost", ".localhost", "127.0.0.1", "[::1]"]}


def test_the_public_address_is_an_allowed_host_and_a_trusted_origin(tmp_path: Path) -> None:
    found = values(
        tmp_path, "ALLOWED_HOSTS", "CSRF_TRUSTED_ORIGINS", CLAWDBOT_WEB__PUBLIC_URL="https://chat.example.com:8443/"
    )
    assert "chat.example.com" in found["ALLOWED_HOSTS"]  # type: ignore[operator]
    assert found["CSRF_TRUSTED_ORIGINS"] == ["https://chat.example.com:8443"]


def test_a_forwarded_protocol_is_believed_only_behind_a_proxy(tmp_path: Path) -> None:
    assert values(tmp_path, "SECURE_PROXY_SSL_HEADER")["SECURE_PROXY_SSL_HEADER"] is None
    found = values(tmp_path, "SECURE_PROXY_SSL_HEADER", CLAWDBOT_WEB__BEHIND_PROXY="true")
    assert found["SECURE_PROXY_SSL_HEADER"] == ["HTTP_X_FORWARDED_PROTO", "https"]


def test_a_worker_thread_keeps_its_sqlite_connection_and_gives_back_a_pooled_one(tmp_path: Path) -> None:
    assert int(str(values(tmp_path, "CELERY_DB_REUSE_MAX")["CELERY_DB_REUSE_MAX"])) > 10**9
    found = values(tmp_path, "CELERY_DB_REUSE_MAX", "DATABASES", DATABASE_URL="postgresql://u:p@h/d")
    assert found["CELERY_DB_REUSE_MAX"] == 0
    default = found["DATABASES"]["default"]  # type: ignore[index]
    assert (default["CONN_HEALTH_CHECKS"], default["OPTIONS"]["pool"]["max_size"]) == (True, 16)


def test_a_json_line_carries_the_request_id_and_no_secret(capsys: pytest.CaptureFixture[str]) -> None:
    import logging.config

    configuration = logs.configuration("INFO", "json", debug=False)
    handler_settings = configuration["handlers"]["stderr"]
    formatter = configuration["formatters"]["line"]
    built = logging.config.DictConfigurator(
        {
            "version": 1,
            "filters": configuration["filters"],
            "formatters": {"line": formatter},
            "handlers": {"h": handler_settings},
        }
    )
    built.configure()
    handler = built.config["handlers"]["h"]
    logger = logging.Logger("bots.pipeline.inbox")  # noqa: LOG001 - outside the tree, so that only this handler sees it
    logger.addHandler(handler)
    with request_id.bound("request-1234"):
        logger.info("token=%s for %s", "abcdef123456", "someone", extra={"channel": "c1"})
    line = json.loads(capsys.readouterr().err.splitlines()[-1])
    assert (line["request_id"], line["logger"], line["level"], line["channel"]) == (
        "request-1234",
        "bots.pipeline.inbox",
        "info",
        "c1",
    )
    assert "abcdef123456" not in json.dumps(line)
