"""deploy/compose.yaml and the configuration of Prometheus are true to the product."""

from __future__ import annotations

import json
import re
import subprocess
from typing import Any

import pytest
import yaml
from django.core.management import get_commands
from django.urls import resolve

from bots.runtime import children
from clawdbot_site.config import Config
from clawdbot_site.sources import ALIASES, PREFIX, keys
from tests.monitoring.test_rules import PROMTOOL
from tests.packaging.deployment_files import DEPLOY, commands, compose, lines_of_env, text
from tests.product import ROOT

SERVICES: dict[str, Any] = compose()["services"]
OURS = {name: one for name, one in SERVICES.items() if one["image"].startswith("clawdbot")}
KNOWN = {PREFIX + "__".join(key).upper() for key in keys(Config)} | set(ALIASES)
DOCKERFILE = text("Dockerfile")


def seconds(duration: str) -> int:
    return sum(int(number) * {"m": 60, "s": 1}[unit] for number, unit in re.findall(r"(\d+)([ms])", duration))


def test_the_services_are_those_of_the_product() -> None:
    assert set(OURS) == {"migrate", "web", "worker", "beat", "poll", "model"}
    assert set(SERVICES) - set(OURS) == {"postgres", "redis", "prometheus", "alertmanager"}
    assert SERVICES["worker"]["deploy"]["replicas"] == 2


@pytest.mark.parametrize("name", sorted(OURS))
def test_a_service_sets_variables_and_runs_commands_of_the_product(name: str) -> None:
    service = OURS[name]
    assert set(service["environment"]) <= KNOWN
    found = commands(service["command"])
    assert found
    assert set(found) <= set(get_commands())
    # The settings as compose gives them are accepted: an empty one counts as not set.
    for variable, value in service["environment"].items():
        assert value is not None, variable


@pytest.mark.parametrize("name", sorted(OURS))
def test_a_service_is_locked_and_gets_time_to_end(name: str) -> None:
    service = OURS[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert seconds(service["stop_grace_period"]) > children.STOP_WAIT_S
    assert any(one.startswith("/tmp:") for one in service["tmpfs"])
    uids = re.findall(r"uid=(\d+)", " ".join(service["tmpfs"]))
    assert set(uids) <= {"10001"}
    assert "uid 10001" in DOCKERFILE


def test_the_home_is_the_one_of_the_image_and_the_model_service_has_one_of_its_own() -> None:
    home = re.search(r"CLAWDBOT_HOME=(\S+)", DOCKERFILE)
    assert home is not None
    for name, service in OURS.items():
        targets = {volume["target"]: volume for volume in service["volumes"]}
        assert (home[1] in targets) == (name != "model")
    assert any(one.startswith(f"{home[1]}:") for one in OURS["model"]["tmpfs"])


def test_nothing_starts_before_the_migration_has_ended() -> None:
    for name in ("web", "worker", "beat", "poll"):
        waits = SERVICES[name]["depends_on"]
        assert waits["migrate"]["condition"] == "service_completed_successfully"
    assert SERVICES["migrate"]["command"] == ["clawdbot upgrade && clawdbot setup"]
    assert {one["condition"] for one in SERVICES["migrate"]["depends_on"].values()} == {"service_healthy"}


def test_health_checks_ask_addresses_that_exist() -> None:
    path = SERVICES["web"]["healthcheck"]["test"]
    assert path == ["CMD", "clawdbot-health", "/healthz"]
    assert resolve("/healthz").func.__name__ == "healthz"
    port = keys(Config)["model_server", "port"].default
    assert SERVICES["model"]["healthcheck"]["test"] == ["CMD", "clawdbot-health", "/health", str(port)]
    for name in ("migrate", "worker", "beat", "poll"):
        assert SERVICES[name]["healthcheck"] == {"disable": True}
    hosts = json.loads(SERVICES["web"]["environment"]["CLAWDBOT_WEB__ALLOWED_HOSTS"])
    assert {"localhost", "127.0.0.1", "web"} <= set(hosts)


def test_only_what_people_need_is_published_and_on_this_machine_alone() -> None:
    published = {name: one["ports"] for name, one in SERVICES.items() if one.get("ports")}
    assert set(published) == {"web", "prometheus"}
    for ports in published.values():
        assert {port["host_ip"] for port in ports} == {"127.0.0.1"}
    assert published["web"][0]["target"] == 8080
    for name in ("postgres", "redis", "model", "migrate"):
        assert set(SERVICES[name]["networks"]) == {"inside"}
    assert compose()["networks"]["inside"]["internal"] is True


def test_the_example_names_every_variable_and_no_other() -> None:
    named = set(re.findall(r"\$\{([A-Z_]+)", text("compose.yaml"))) | {"METRICS_TOKEN"}
    example = set(lines_of_env("compose.env.example"))
    assert named - example == {"CLAWDBOT_IMAGE", "CLAWDBOT_MODEL_IMAGE", "PROMETHEUS_PORT"}
    assert example <= named
    # Shells of people set these, and they would count before .env.
    assert not named & {"LANGUAGE", "LANG", "TZ", "USER", "HOST", "HOME", "PORT"}


def test_compose_refuses_to_start_without_secrets() -> None:
    from tests.packaging.deployment_files import tool

    done = subprocess.run(
        [tool("docker-compose"), "--file", str(DEPLOY / "compose.yaml"), "config", "--quiet"],
        capture_output=True,
        text=True,
        timeout=60,
        env={"PATH": "/usr/bin:/bin", "HOME": "/nonexistent"},
        check=False,
    )
    assert done.returncode != 0
    for name in ("POSTGRES_PASSWORD", "ADMIN_PASSWORD", "METRICS_TOKEN", "MODEL_KEY"):
        assert f"required variable {name} is missing a value: fill in .env" in done.stderr


def test_prometheus_scrapes_the_job_of_the_rules_and_tells_alertmanager() -> None:
    config = yaml.safe_load(text("prometheus/prometheus.yaml"))
    (job,) = config["scrape_configs"]
    assert f'up{{job="{job["job_name"]}"}}' in text("prometheus/rules.yaml")
    assert job["static_configs"] == [{"targets": ["web:8080"]}]
    assert job["authorization"]["credentials_file"] == "/run/secrets/metrics_token"
    assert SERVICES["prometheus"]["secrets"][0]["source"] == "metrics_token"
    mounted = {volume["target"] for volume in SERVICES["prometheus"]["volumes"]}
    assert set(config["rule_files"]) <= mounted
    (told,) = config["alerting"]["alertmanagers"][0]["static_configs"][0]["targets"]
    assert told == "alertmanager:9093"
    receivers = yaml.safe_load(text("prometheus/alertmanager.yaml"))["receivers"]
    assert receivers == [{"name": "nobody"}]


@pytest.mark.skipif(PROMTOOL is None, reason="promtool is missing: make promtool")
def test_promtool_takes_the_configuration(tmp_path: Any) -> None:
    assert PROMTOOL is not None
    (tmp_path / "token").write_text("abc", "utf8")
    config = text("prometheus/prometheus.yaml").replace(
        "/etc/prometheus/rules.yaml", str(DEPLOY / "prometheus/rules.yaml")
    )
    (tmp_path / "prometheus.yaml").write_text(
        config.replace("/run/secrets/metrics_token", str(tmp_path / "token")), "utf8"
    )
    done = subprocess.run(
        [PROMTOOL, "check", "config", str(tmp_path / "prometheus.yaml")], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "rules found" in done.stdout


def test_the_context_of_a_build_has_what_the_image_is_made_of_and_nothing_private() -> None:
    lines = (ROOT / ".dockerignore").read_text("utf8").splitlines()
    assert "*" in lines  # all is left out that is not named
    named = {line.removeprefix("!") for line in lines if line.startswith("!")}
    assert {name for name in named if not (ROOT / name).exists()} == set()
    assert not named & {"deploy", "var", ".git", ".venv", "tests", "docs", "manage.py"}
    for line in ("**/__pycache__", "**/*.pyc"):
        assert line in lines
