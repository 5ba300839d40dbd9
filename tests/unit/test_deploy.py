"""The deployment's files: valid by the real tools, pinned, and speaking of metrics that exist."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from garbo.adapters.observability.specs import SPECS

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
RULE_TESTS = Path(__file__).with_name("alerts")

PINNED = re.compile(r"[\w./-]+:v?\d+\.\d+\.\d+(-[\w.-]+)?")
METRIC = re.compile(r"\bgarbo_[a-z_]+")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    """The compose file as compose itself reads it (no engine needed)."""
    command = [str(Path(sys.executable).parent / "docker-compose"), "--file", "docker-compose.yml", "config"]
    done = subprocess.run([*command, "--format", "json"], cwd=ROOT, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    config: dict[str, Any] = json.loads(done.stdout)
    return config


def series() -> set[str]:
    """Every metric, with the names Prometheus derives from it."""
    names = set()
    for name, spec in SPECS.items():
        names |= {name + part for part in ("_bucket", "_sum", "_count")} if spec.kind == "histogram" else {name}
    return names


def alerts(group: str = "") -> list[dict[str, Any]]:
    """The rules of one group, or all of them."""
    groups = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yml").read_text("utf-8"))["groups"]
    return [rule for found in groups if group in ("", found["name"]) for rule in found["rules"]]


def panels() -> list[dict[str, Any]]:
    """Those that show something; a row is a heading."""
    board = json.loads((DEPLOY / "grafana" / "dashboards" / "garbo.json").read_text("utf-8"))
    return [panel for panel in board["panels"] if panel["type"] != "row"]


def test_everything_the_quick_start_promises_is_in_the_stack(compose: dict[str, Any]) -> None:
    """Kafka, registry, topics, worker, Prometheus, Grafana."""
    assert set(compose["services"]) == {"kafka", "schema-registry", "topics", "garbo", "prometheus", "grafana"}


def test_every_image_has_a_version(compose: dict[str, Any]) -> None:
    """Also those the Dockerfile builds on: what ran yesterday runs tomorrow."""
    images = [service["image"] for service in compose["services"].values()]
    images += re.findall(r"^FROM (\S+)", (DEPLOY / "Dockerfile").read_text("utf-8"), re.MULTILINE)
    assert [image for image in images if not PINNED.fullmatch(image)] == []


def test_no_port_is_open_to_the_network(compose: dict[str, Any]) -> None:
    """Customer data passes here and nothing asks for a password."""
    ports = [port for service in compose["services"].values() for port in service.get("ports", [])]
    assert ports
    assert {port["host_ip"] for port in ports} == {"127.0.0.1"}


def test_every_service_that_stays_has_a_health_check_and_the_worker_is_asked_whether_it_is_ready(
    compose: dict[str, Any],
) -> None:
    """Started is not ready: a worker restores its tables first."""
    staying = {name: s for name, s in compose["services"].items() if name != "topics"}
    assert [name for name, service in staying.items() if "test" not in service.get("healthcheck", {})] == []
    assert "/readyz" in " ".join(staying["garbo"]["healthcheck"]["test"])


def test_the_worker_starts_after_the_topics_are_made(compose: dict[str, Any]) -> None:
    """It would refuse to start without them."""
    assert compose["services"]["garbo"]["depends_on"]["topics"]["condition"] == "service_completed_successfully"


def test_each_replica_has_a_slot_of_its_own(compose: dict[str, Any]) -> None:
    """Two workers in one slot would fence each other for ever."""
    (line,) = compose["services"]["garbo"]["entrypoint"][2:]
    assert line.replace("$$", "$") == "GARBO_SLOT=$HOSTNAME exec garbo run"


def test_files_that_are_mounted_or_built_from_exist(compose: dict[str, Any]) -> None:
    """Docker would make an empty folder of a name misspelt."""
    sources = [v["source"] for s in compose["services"].values() for v in s.get("volumes", []) if v["type"] == "bind"]
    sources += [
        Path(s["build"]["context"]) / s["build"]["dockerfile"] for s in compose["services"].values() if "build" in s
    ]
    assert [source for source in sources if not Path(source).exists()] == []


def test_the_image_does_not_run_as_root() -> None:
    """The last USER is a number, so that Kubernetes can check it."""
    users = re.findall(r"^USER (\S+)", (DEPLOY / "Dockerfile").read_text("utf-8"), re.MULTILINE)
    assert users
    assert int(users[-1]) > 0


def test_the_image_holds_what_was_tested() -> None:
    """Each pin of the image's lock, hashes and all, is one of the repository's lock."""

    def pins(path: Path) -> dict[str, str]:
        # A requirement with its continuation lines; comments say only who asked for it.
        text = re.sub(r"^\s*#.*\n?", "", path.read_text("utf-8"), flags=re.MULTILINE)
        return dict(re.findall(r"^(\S+==\S+(?: ;[^\\\n]*)?)((?: \\\n    --hash=\S+)+)", text, re.MULTILINE))

    tested, shipped = pins(ROOT / "requirements.lock"), pins(DEPLOY / "requirements.lock")
    assert "faust-streaming==0.15.3" in shipped
    assert not any(name.startswith("pytest==") for name in shipped)
    assert {k: v for k, v in shipped.items() if tested.get(k) != v} == {}


def test_the_dashboard_and_the_alerts_ask_for_metrics_that_exist() -> None:
    """A metric nobody serves is an alert that never fires."""
    asked = {m for rule in alerts() for m in METRIC.findall(rule["expr"])}
    asked |= {m for panel in panels() for target in panel["targets"] for m in METRIC.findall(target["expr"])}
    assert asked - series() == set()
    assert len(asked) > 8


def test_every_metric_is_on_the_dashboard() -> None:
    """What is worth measuring is worth a look."""
    shown = {m for panel in panels() for target in panel["targets"] for m in METRIC.findall(target["expr"])}
    base = re.compile(r"_(bucket|sum|count)$")
    assert set(SPECS) - {base.sub("", m) for m in shown} == set()


def test_every_alert_says_what_it_means_and_what_to_do() -> None:
    """Three in the morning is no time to guess."""
    assert [r["alert"] for r in alerts() if not {"summary", "action"} <= set(r["annotations"])] == []


def test_the_dashboard_reads_the_source_that_is_provisioned() -> None:
    """By its uid: a name may change."""
    sources = yaml.safe_load((DEPLOY / "grafana" / "datasources" / "prometheus.yml").read_text("utf-8"))
    known = {source["uid"] for source in sources["datasources"]}
    assert {target["datasource"]["uid"] for panel in panels() for target in panel["targets"]} == known


def test_prometheus_accepts_its_configuration_and_rules() -> None:
    """By Prometheus' own checker."""
    promtool("check", "config", str(DEPLOY / "prometheus" / "prometheus.yml"))


@pytest.mark.parametrize("file", ["hours.yml", "days.yml", "models.yml", "journeys.yml"])
def test_each_alert_of_decisions_models_and_journeys_fires_when_it_should_and_only_then(file: str) -> None:
    """By Prometheus' own engine, on series written by hand."""
    promtool("test", "rules", str(RULE_TESTS / file))


@pytest.mark.parametrize(("group", "number"), [("decision", 11), ("models", 5), ("journeys", 2)])
def test_no_alert_of_decisions_models_or_journeys_is_without_such_a_test(group: str, number: int) -> None:
    rules = {rule["alert"] for rule in alerts(group)}
    tested = {n for file in RULE_TESTS.glob("*.yml") for n in re.findall(r"\bGarbo[A-Z]\w+", file.read_text("utf-8"))}
    assert (rules - tested, len(rules)) == (set(), number)


def promtool(*arguments: str) -> None:
    """Run it; without it, the test is skipped with the reason, or fails where everything must be there."""
    if shutil.which("promtool") is None:
        why = "promtool is not installed (apt-get install --no-install-recommends prometheus)"
        if os.environ.get("GARBO_REQUIRE_KAFKA") == "1":
            pytest.fail(f"GARBO_REQUIRE_KAFKA=1, but {why}")
        pytest.skip(why)
    done = subprocess.run(["promtool", *arguments], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
