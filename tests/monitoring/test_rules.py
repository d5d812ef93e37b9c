"""The rules of Prometheus, the dashboard of Grafana, and what both of them name."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.metrics import MetricWrapperBase

from bots import metrics
from bots.monitoring import conditions, gauges, readings
from tests.clawdbot_site.builders import ROOT

RULES = ROOT / "deploy/prometheus/rules.yaml"
DASHBOARD = ROOT / "deploy/grafana/clawdbot.json"
# `make promtool` puts it beside the interpreter.
PROMTOOL = shutil.which("promtool") or shutil.which(str(Path(sys.executable).parent / "promtool"))
promtool = pytest.mark.skipif(PROMTOOL is None, reason="promtool is missing: make promtool")
# Only somebody outside sees that the product, its database or its schedules are down.
OUTSIDE = {"ClawdbotDown", "ClawdbotDatabaseDown", "ClawdbotBeatLate"}
# Of Prometheus itself.
FOREIGN = {"up", "ALERTS"}


def _rules() -> dict[str, dict[str, Any]]:
    groups = yaml.safe_load(RULES.read_text("utf8"))["groups"]
    return {rule["alert"]: rule for group in groups for rule in group["rules"]}


def _seconds(text: str) -> int:
    number, unit = int(text[:-1]), text[-1]
    return number * {"s": 1, "m": 60, "h": 3600}[unit]


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    assert PROMTOOL is not None
    return subprocess.run([PROMTOOL, *arguments], capture_output=True, text=True, timeout=120)


def _test_rules(rules: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    cases = (Path(__file__).parent / "rules_test.yaml").read_text("utf8")
    (folder / "cases.yaml").write_text(cases.replace("RULES", str(rules)), "utf8")
    return _run("test", "rules", str(folder / "cases.yaml"))


@promtool
def test_the_rules_are_sound_and_fire_when_they_should(tmp_path: Path) -> None:
    checked = _run("check", "rules", str(RULES))
    assert checked.returncode == 0, checked.stdout + checked.stderr
    tested = _test_rules(RULES, tmp_path)
    assert tested.returncode == 0, tested.stdout + tested.stderr


@promtool
@pytest.mark.parametrize(
    ("right", "wrong"), [("> 0.85", "> 0.84"), ("for: 10m", "for: 2h"), ("< 0.999", "< 0.99"), (">= 20", ">= 1")]
)
def test_a_wrong_rule_is_found(right: str, wrong: str, tmp_path: Path) -> None:
    text = RULES.read_text("utf8")
    assert right in text
    (tmp_path / "rules.yaml").write_text(text.replace(right, wrong), "utf8")
    assert _test_rules(tmp_path / "rules.yaml", tmp_path).returncode != 0


def test_the_alarms_of_the_admin_say_the_same() -> None:
    rules = _rules()
    assert {one.alert for one in conditions.CONDITIONS} == rules.keys() - OUTSIDE
    for one in conditions.CONDITIONS:
        rule = rules[one.alert]
        sign = "<" if one.below else ">"
        limit = re.search(rf" {sign} ([0-9.]+)(?: and |$)", rule["expr"])
        assert limit is not None, one.alert
        said = (float(limit[1]), _seconds(rule["for"]), rule["labels"]["severity"])
        assert said == (one.threshold, one.for_s, one.severity), one.alert


def _names_that_exist() -> set[str]:
    found = set(FOREIGN) | {reading.name for reading in readings.READINGS}
    for metric in [*gauges.collect(), *(one for value in vars(metrics).values() for one in _described(value))]:
        suffixes = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count")}.get(metric.type, ("",))
        found |= {metric.name + suffix for suffix in suffixes}
    return found


def _described(value: Any) -> list[Any]:
    return list(value.describe()) if isinstance(value, MetricWrapperBase) else []


def _names_in(expression: str) -> set[str]:
    pattern = re.findall(r'__name__=~"([^"]*)"', expression)
    names = set(re.findall(r"\b(?:clawdbot_[a-z_]+|up|ALERTS)\b", re.sub(r'"[^"]*"', "", expression)))
    for one in pattern:
        begin, choices, end = re.fullmatch(r"(\w*)\(([\w|]*)\)(\w*)", one).groups()  # type: ignore[union-attr]
        names |= {begin + choice + end for choice in choices.split("|")}
    return names


def _panels() -> list[dict[str, Any]]:
    panels: list[dict[str, Any]] = json.loads(DASHBOARD.read_text("utf8"))["panels"]
    return panels


@pytest.mark.django_db
def test_only_metrics_that_exist_are_named() -> None:
    known = _names_that_exist()
    expressions = [rule["expr"] for rule in _rules().values()]
    expressions += [target["expr"] for panel in _panels() for target in panel["targets"]]
    for expression in expressions:
        named = _names_in(expression)
        assert named, expression
        assert named <= known, f"{named - known} in {expression}"


@promtool
def test_every_expression_of_the_dashboard_is_promql(tmp_path: Path) -> None:
    expressions = [target["expr"] for panel in _panels() for target in panel["targets"]]
    assert len(expressions) >= len(_panels())
    filled = [re.sub(r"\$(bot|platform)\b", ".*", text.replace("$__rate_interval", "5m")) for text in expressions]
    assert not any("$" in text for text in filled)
    rules = [{"record": f"panel:{number}", "expr": text} for number, text in enumerate(filled)]
    (tmp_path / "panels.yaml").write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}), "utf8")
    checked = _run("check", "rules", str(tmp_path / "panels.yaml"))
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_the_dashboard_is_one_that_grafana_imports() -> None:
    board = json.loads(DASHBOARD.read_text("utf8"))
    assert board["uid"] == "clawdbot"
    assert isinstance(board["schemaVersion"], int)
    assert {one["name"] for one in board["templating"]["list"]} == {"datasource", "bot", "platform"}
    taken: set[tuple[int, int]] = set()
    assert len({panel["id"] for panel in _panels()}) == len(_panels())
    for panel in _panels():
        assert panel["type"] in ("timeseries", "stat")
        assert panel["title"]
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        assert max(x for x, _y in cells) < 24
        taken |= cells
