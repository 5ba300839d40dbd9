"""Models are swapped, poisoned and promoted under load on a real Kafka: two workers, one of them killed."""

from pathlib import Path
from typing import Any, Final

import pytest

from garbo.adapters.kafka.settings import KafkaSettings
from garbo.core.vocabulary.effects import DecisionRecord
from garbo.learning import snapshots
from garbo.learning.estimators.config import config_hash
from garbo.policy.loader import load
from tests.integration.live_models import FOLDER, Plant, live

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(240)]

CARDS: Final[dict[str, Any]] = {
    "target": {"window": "2s", "learn": "early"},
    "starting_propensity": 0.3,
    "starting_evidence": 20,
    "features": {"party": {"numbers": ["age"]}},
}
TREE: Final[dict[str, Any]] = {"estimator": {"preset": "hoeffding_adaptive_tree"}}


def of_config(plant: Plant, folder: Path) -> set[str]:
    """The versions of `cards` that this policy's configuration has learnt."""
    wanted, found = config_hash(load(folder).models["cards"]), set()
    for _, value in plant.snapshots():
        try:
            snapshot = snapshots.decode(value)
        except snapshots.SnapshotError:
            continue
        if snapshot.config == wanted:
            found.add(snapshot.version)
    return found


def test_an_estimator_is_swapped_under_load(kafka_settings: KafkaSettings, tmp_path: Path) -> None:
    with live(kafka_settings, tmp_path) as plant:
        first = load(FOLDER).version
        plant.await_records(lambda r: bool(r.models), 20, "no model decides")

        tree = plant.policy(cards=CARDS | TREE)
        version = plant.publish(tree).version
        plant.kill(1)

        def by_tree(record: DecisionRecord) -> bool:
            return record.policy_version == version and bool({*record.models} & of_config_cached)

        plant.await_records(lambda r: r.policy_version == version, 20, "the policy was not swapped")
        of_config_cached = of_config(plant, tree)
        assert of_config_cached
        plant.await_records(lambda r: r.policy_version == version and bool(r.models), 20, "no tree decides")
        plant.finish()
        learnt = of_config(plant, tree)
        assert {r.policy_version for r in plant.records} == {first, version}
        assert [r for r in plant.records if r.policy_version == version and {*r.models} & learnt]
