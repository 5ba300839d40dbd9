"""`garbo models` against a broker: what learn published is what a person reads."""

import json
import random
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from garbo.adapters.kafka.settings import KafkaSettings
from garbo.adapters.kafka.writer import Writer
from garbo.bootstrap.settings import packaged_example
from garbo.cli import app
from garbo.errors import ConfigError, NotFoundError
from garbo.learning import registry, snapshots
from garbo.learning.estimators.config import config_hash
from garbo.learning.evaluation.figures import Figures
from garbo.learning.evaluation.gate import Verdict
from garbo.policy.loader import load
from garbo.processors.topics import Topics

POLICY = load(packaged_example())
FAMILY = min(POLICY.models)


def published(family: str, count: int, trial: str = "") -> bytes:
    """A snapshot whose model predicted its examples well."""
    model = POLICY.models[FAMILY]
    learner, figures, rng = registry.new(model), Figures(), random.Random(1)
    for _ in range(count):
        p = rng.choice((0.1, 0.3, 0.6))
        label, features = int(rng.random() < p), {"age": 30.0 + 20 * p, "job=admin.": 1.0}
        figures.add_example(p, label, features)
        learner.learn_one(features, label)
    verdict = Verdict(False, 1.0, 40.0, 0.1, -0.2, count, 0, 30_000, trial) if trial else None
    snapshot = snapshots.snapshot_of(family, count, config_hash(model), learner.serving(), figures, verdict=verdict)
    return snapshots.encode(snapshot)


@pytest.fixture
def broker(embedded: KafkaSettings) -> KafkaSettings:
    topic = Topics(embedded.prefix).snapshots
    with Writer(embedded) as writer:
        for family, value in (
            (FAMILY, published(FAMILY, 5)),
            (FAMILY, published(FAMILY, 900)),
            ("rival", published("rival", 60, "about 30,000 more decisions at this share")),
            ("gone", published("gone", 10)),
            ("gone", None),
            ("rival", b"no snapshot"),
        ):
            writer.write(topic, family.encode(), value)
    return embedded


def run(kafka: KafkaSettings, *arguments: str) -> Result:
    where = ("--bootstrap", kafka.bootstrap, "--prefix", kafka.prefix)
    return CliRunner(env={"COLUMNS": "120"}).invoke(app, ["models", *arguments, *where])


def test_a_line_for_each_model_with_its_role_its_figures_and_its_trial(broker: KafkaSettings) -> None:
    done = run(broker)
    assert done.exit_code == 0, done.output
    line = next(line for line in done.output.splitlines() if line.startswith(FAMILY))
    assert [FAMILY, "champion", "@900", "900", "mature"] == [*line.split()[:4], line.split()[-1]]
    rival = next(line for line in done.output.splitlines() if line.startswith("rival "))
    assert "not in the policy" in rival
    assert "of 200" in rival
    assert "rival: about 30,000 more decisions at this share" in done.output
    assert "gone" not in done.output
    assert "1 snapshots cannot be read" in done.output


def test_a_model_of_the_policy_without_a_snapshot_decides_by_its_prior(broker: KafkaSettings) -> None:
    other = max(POLICY.models)
    assert other != FAMILY
    assert f"{other}: no snapshot yet, its starting propensity decides" in run(broker).output


def test_json_has_every_point_of_the_curves(broker: KafkaSettings) -> None:
    (line,) = json.loads(run(broker, FAMILY, "--json").output)
    assert (FAMILY, "champion", f"{FAMILY}@900") == (line["model"], line["role"], line["version"].partition(".")[0])
    assert 900 == line["figures"]["examples"] == sum(p["examples"] for p in line["learning_curve"])
    assert 900 == sum(group["examples"] for group in line["calibration"])
    assert 0.6 < line["figures"]["auc"] < 0.8
    assert {"age", "job"} == {feature["name"] for feature in line["features"]}


def test_features_are_listed_with_what_they_explain(broker: KafkaSettings) -> None:
    output = run(broker, FAMILY, "--features").output
    (age,) = (line for line in output.splitlines() if line.split()[:1] == ["age"])
    assert float(age.split()[1]) > 0.9
    assert "in the last example" in age


@pytest.mark.parametrize(("name", "magic"), [("a.svg", b"<?xml"), ("a.png", b"\x89PNG")])
def test_a_plot_is_a_picture(broker: KafkaSettings, tmp_path: Path, name: str, magic: bytes) -> None:
    pytest.importorskip("matplotlib")
    file = tmp_path / name
    assert run(broker, "--plot", str(file)).exit_code == 0
    assert file.read_bytes().startswith(magic)
    assert file.stat().st_size > 10_000


def test_a_mistake_is_one_sentence(broker: KafkaSettings, tmp_path: Path) -> None:
    nobody = run(broker, "rivla")
    assert isinstance(nobody.exception, NotFoundError)
    assert "rival" in str(nobody.exception)
    wrong = run(broker, "--plot", str(tmp_path / "a.pdf"))
    assert isinstance(wrong.exception, ConfigError)
    assert ".svg or .png" in str(wrong.exception)


def test_a_topic_without_snapshots_shows_the_policys_models(embedded: KafkaSettings, tmp_path: Path) -> None:
    assert f"{FAMILY}: no snapshot yet" in run(embedded).output
    nothing = run(embedded, "--plot", str(tmp_path / "a.svg"))
    assert "no model has an example" in str(nothing.exception)
