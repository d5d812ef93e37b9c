"""deploy/kubernetes is true to the product: settings, commands, ports, probes, metrics, network."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import yaml
from django.core.management import get_commands
from django.urls import resolve

from bots.models import InboundEvent
from bots.monitoring import gauges
from bots.runtime import children
from clawdbot_site.config import Config
from clawdbot_site.sources import ALIASES, PREFIX, keys
from tests.packaging.deployment_files import (
    KUBERNETES,
    Object,
    commands,
    component,
    containers,
    kubernetes,
    lines_of_env,
    of_kind,
    pod,
    text,
)

KNOWN = {PREFIX + "__".join(key).upper() for key in keys(Config)} | set(ALIASES)
LABEL = "app.kubernetes.io/component"
WORKLOADS = of_kind("Deployment", "Job")
COMPONENTS = {component(one) for one in WORKLOADS.values()}
SECRETS: dict[str, Object] = {
    one["metadata"]["name"]: one for one in yaml.safe_load_all(text("kubernetes/secrets.example.yaml"))
}


def test_the_processes_are_those_of_the_product() -> None:
    assert sorted(COMPONENTS) == ["beat", "migrate", "model", "poll", "web", "worker"]
    assert "replicas" not in WORKLOADS["clawdbot-worker"]["spec"]  # else each apply would undo the autoscaler
    assert WORKLOADS["clawdbot-poll"]["spec"]["replicas"] == 2


def test_all_settings_exist() -> None:
    named = set(lines_of_env("kubernetes/settings.env"))
    for name in ("clawdbot", "clawdbot-model"):
        named |= set(SECRETS[name]["stringData"])
    for _, _, one in containers():
        named |= {entry["name"] for entry in one.get("env", [])} - {"POD_IP"}
    assert named <= KNOWN
    for value in lines_of_env("kubernetes/settings.env").values():
        assert not re.match(r"['\"]", value)  # the product refuses quotes, which an env file keeps


def test_all_commands_exist() -> None:
    for name, _, one in containers():
        line = [*one.get("command", []), *one.get("args", [])]
        if one["name"] != "keys":
            assert set(commands(line)) <= set(get_commands()), name


def test_every_secret_that_is_named_is_described() -> None:
    used = set()
    for _, spec, one in containers():
        used |= {entry["secretRef"]["name"] for entry in one.get("envFrom", []) if "secretRef" in entry}
        used |= {volume["secret"]["secretName"] for volume in spec["volumes"] if "secret" in volume}
    assert used == set(SECRETS)
    assert set(SECRETS["clawdbot-keys"]["stringData"]) == {"django.key", "encryption.key"}
    assert not of_kind("Secret")  # a kustomization with secrets ends up in a repository


def test_every_container_is_locked() -> None:
    for name, spec, one in containers():
        assert spec["securityContext"]["runAsNonRoot"] is True, name
        assert spec["securityContext"]["runAsUser"] == spec["securityContext"]["fsGroup"] == 10001
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert spec["automountServiceAccountToken"] is False
        assert spec["enableServiceLinks"] is False
        locked = {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}
        assert one["securityContext"] == locked
        assert {"requests", "limits"} <= set(one["resources"])
        mounted = {mount["name"]: mount["mountPath"] for mount in one["volumeMounts"]}
        assert mounted["home"] == "/var/lib/clawdbot"
        assert set(mounted) <= {volume["name"] for volume in spec["volumes"]}
    namespace = of_kind("Namespace")["clawdbot"]
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"


def test_pods_wait_for_the_migration_and_copy_the_keys_first() -> None:
    for name, found in WORKLOADS.items():
        first = [one["name"] for one in pod(found).get("initContainers", [])]
        expected = {"migrate": ["keys"], "model": []}.get(component(found), ["keys", "wait-for-migrations"])
        assert first == expected, name
    (migrate,) = pod(WORKLOADS["clawdbot-migrate"])["containers"]
    assert migrate["command"][-1] == "clawdbot upgrade && clawdbot setup"


def test_pods_get_time_to_end() -> None:
    for found in WORKLOADS.values():
        if found["kind"] == "Deployment":
            assert pod(found)["terminationGracePeriodSeconds"] > children.STOP_WAIT_S + 5


def _probes() -> list[tuple[Object, Object]]:
    kinds = ("startupProbe", "livenessProbe", "readinessProbe")
    return [(one, one[kind]) for _, _, one in containers() for kind in kinds if kind in one]


def test_probes_ask_addresses_that_exist_under_a_name_that_is_allowed() -> None:
    assert len(_probes()) == 7
    for one, probe in _probes():
        get = probe["httpGet"]
        assert get["port"] in {port["name"] for port in one["ports"]}
        if one["image"].endswith("clawdbot-model:0.1.0"):
            assert get["path"] == "/health"
            continue
        assert resolve(get["path"]).func.__name__ in {"healthz", "readyz"}
        (host,) = [header["value"] for header in get["httpHeaders"] if header["name"] == "Host"]
        (allowed,) = [entry["value"] for entry in one["env"] if entry["name"] == "CLAWDBOT_WEB__ALLOWED_HOSTS"]
        assert host in json.loads(allowed)
        assert "$(POD_IP)" in json.loads(allowed)  # Prometheus asks for the address of the pod
        names = [entry["name"] for entry in one["env"]]
        assert names.index("POD_IP") < names.index("CLAWDBOT_WEB__ALLOWED_HOSTS")  # or it would not be replaced


def test_liveness_asks_no_database() -> None:
    for _, probe in _probes():
        if probe.get("failureThreshold") == 4:
            assert probe["httpGet"]["path"] in {"/healthz", "/health"}


def test_the_autoscaler_asks_for_a_metric_that_the_product_exports() -> None:
    (scaler,) = of_kind("HorizontalPodAutoscaler").values()
    assert scaler["spec"]["scaleTargetRef"]["name"] in WORKLOADS
    (metric,) = scaler["spec"]["metrics"]
    wanted = metric["external"]["metric"]
    rule = yaml.safe_load(text("kubernetes/prometheus-adapter.yaml"))["rules"]["external"][0]
    assert rule["name"]["as"] == wanted["name"] == "clawdbot_inbox_depth"
    assert wanted["name"] in rule["metricsQuery"]
    # Every web process exports the same number, so that a sum would count it once for each.
    assert rule["metricsQuery"].startswith("max by (state)")
    assert wanted["selector"]["matchLabels"] == {"state": InboundEvent.State.PENDING}


@pytest.mark.django_db
def test_the_product_exports_that_metric_with_that_label() -> None:
    found = {metric.name: metric for metric in gauges.collect()}
    labels = [sample.labels for sample in found["clawdbot_inbox_depth"].samples]
    assert {"state": "pending"} in labels


def _matches(selector: Object, name: str) -> bool:
    """Returns whether a pod selector takes the pods of this component."""
    wanted = selector.get("matchLabels", {}).get(LABEL)
    terms = [term["values"] for term in selector.get("matchExpressions", []) if term["key"] == LABEL]
    return (wanted is None or wanted == name) and all(name in values for values in terms)


def test_selectors_and_services_find_pods() -> None:
    for kind, path in (("PodDisruptionBudget", ("selector", "matchLabels")), ("Service", ("selector",))):
        for found in of_kind(kind).values():
            selector: Any = found["spec"]
            for step in path:
                selector = selector[step]
            assert selector[LABEL] in COMPONENTS
    ports = {port["name"] for _, _, one in containers() for port in one.get("ports", [])}
    for service in of_kind("Service").values():
        assert service["spec"]["ports"][0]["targetPort"] in ports


def _ingress(name: str) -> set[int]:
    """Returns the ports on which a component may be reached by somebody."""
    policies = [one["spec"] for one in of_kind("NetworkPolicy").values() if _matches(one["spec"]["podSelector"], name)]
    return {port["port"] for one in policies for rule in one.get("ingress", []) for port in rule["ports"]}


def _egress(name: str) -> list[Object]:
    policies = [one["spec"] for one in of_kind("NetworkPolicy").values() if _matches(one["spec"]["podSelector"], name)]
    return [rule for one in policies for rule in one.get("egress", [])]


def test_the_network_lets_pass_what_is_needed_and_denies_the_rest() -> None:
    default = of_kind("NetworkPolicy")["clawdbot-default"]["spec"]
    assert default == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    listening = {
        component(found): {port["containerPort"] for one in pod(found)["containers"] for port in one.get("ports", [])}
        for found in WORKLOADS.values()
    }
    for name, ports in listening.items():
        assert ports <= _ingress(name), name
        assert bool(_ingress(name)) == bool(ports), name
    for name in ("web", "worker", "beat", "poll", "migrate"):
        anywhere = {port["port"] for rule in _egress(name) if "to" not in rule for port in rule["ports"]}
        assert {5432, 6379, 443} <= anywhere
    for name in ("web", "worker"):
        near = [
            rule for rule in _egress(name) for to in rule.get("to", []) if _matches(to.get("podSelector", {}), "model")
        ]
        assert {"protocol": "TCP", "port": 8000} in [port for rule in near for port in rule["ports"]]
    assert all("to" in rule for rule in _egress("model"))  # names alone


def test_names_can_be_looked_up() -> None:
    """A label that kustomize adds to every selector would also reach the one of the name server's pods."""
    (rule,) = of_kind("NetworkPolicy")["clawdbot-names"]["spec"]["egress"]
    assert rule["to"] == [{"namespaceSelector": {}, "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}}}]
    assert of_kind("NetworkPolicy")["clawdbot-names"]["spec"]["podSelector"] == {}


def test_the_component_of_the_operator_has_the_rules_of_prometheus_and_the_ports_of_the_pods() -> None:
    found = {one["kind"]: one for one in kubernetes("prometheus-operator")}
    assert found["PrometheusRule"]["spec"]["groups"] == yaml.safe_load(text("prometheus/rules.yaml"))["groups"]
    monitor = found["PodMonitor"]["spec"]
    ports = {port["name"] for _, _, one in containers() for port in one.get("ports", []) if "model" not in one["image"]}
    assert {one["port"] for one in monitor["podMetricsEndpoints"]} == ports
    for one in monitor["podMetricsEndpoints"]:
        assert one["authorization"]["credentials"] == {"name": "clawdbot", "key": "CLAWDBOT_API__METRICS_TOKEN"}
        assert one["relabelings"] == [{"targetLabel": "job", "replacement": "clawdbot"}]


def test_the_component_with_a_model_file_serves_it_and_makes_it_a_provider() -> None:
    found = {one["metadata"]["name"]: one for one in kubernetes("model-file") if one["kind"] in {"Deployment", "Job"}}
    (served,) = pod(found["clawdbot-model"])["containers"]
    assert served["env"] == [{"name": "CLAWDBOT_MODEL_SERVER__MODEL_FILE", "value": "/models/model.gguf"}]
    assert "/models" in {mount["mountPath"] for mount in served["volumeMounts"]}
    (migrate,) = pod(found["clawdbot-migrate"])["containers"]
    endpoint, key = migrate["env"]
    assert endpoint["value"] == "http://clawdbot-model:8000/v1"
    assert {endpoint["name"], key["name"]} <= KNOWN
    assert key["valueFrom"]["secretKeyRef"]["key"] in SECRETS["clawdbot-model"]["stringData"]


def test_the_images_have_the_version_of_the_product() -> None:
    import clawdbot

    named = yaml.safe_load((KUBERNETES / "kustomization.yaml").read_text("utf8"))["images"]
    assert {one["name"]: one["newTag"] for one in named} == dict.fromkeys(
        ("clawdbot", "clawdbot-model"), clawdbot.__version__
    )
