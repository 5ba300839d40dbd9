"""Models are swapped, poisoned and promoted under load on a real Kafka, while workers are killed: the records change
when they should and only then, nothing is lost, and each decision is recomputed to the byte."""

from itertools import cycle, islice
from pathlib import Path
from typing import Any, Final

import pytest

from garbo.adapters.kafka.settings import KafkaSettings
from garbo.core.vocabulary.effects import DecisionRecord
from garbo.learning import snapshots
from garbo.learning.estimators.config import config_hash
from garbo.learning.serving import SnapshotScorer
from garbo.learning.snapshots import Snapshot
from garbo.policy.loader import load
from garbo.processors.topics import PROCESSORS
from tests.integration.live_models import FOLDER, SLOTS, Plant, live
from tests.unit.learning.mutated import mutants

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(240)]

CARDS: Final[dict[str, Any]] = {
    "target": {"window": "2s", "learn": "early"},
    "starting_propensity": 0.3,
    "starting_evidence": 20,
    "features": {"party": {"numbers": ["age"]}},
}
TREE: Final = CARDS | {"estimator": {"preset": "hoeffding_adaptive_tree"}}
BROKEN: Final = (
    CARDS | {"estimator": {"class": "river.linear_model.LogisticRegresion"}},  # there is no such class
    CARDS | {"estimator": {"class": "river.naive_bayes.MultinomialNB"}},  # it does not conform
)
RIVAL: Final[dict[str, Any]] = {
    "role": "challenger",
    "of": "cards",
    "share": 0.5,
    "promotion": "automatic",
    "features": {"party": {"numbers": ["age"]}, "action": ["action.name"]},
}
MUTANTS: Final = 30


def latest(plant: Plant, model: str) -> Snapshot | None:
    """The learner's latest snapshot of the model."""
    found = [snapshots.decode(value) for key, value in plant.snapshots() if key == model.encode()]
    return found[-1] if found else None


def poison(good: Snapshot) -> list[bytes]:
    """Mutants with a valid MAC that must be refused, a snapshot with a wrong MAC, one of another key, and garbage."""
    refused = (raw for raw in mutants(good, 10 * MUTANTS, 3) if not SnapshotScorer().update(raw))
    raw = snapshots.encode(good)
    wrong = raw[:-1] + bytes((raw[-1] ^ 1,))
    return [*islice(refused, MUTANTS), wrong, snapshots.encode(good, b"another key of 20 b."), b"poison"]


def test_an_estimator_is_swapped_and_what_is_broken_changes_nothing(
    kafka_settings: KafkaSettings, tmp_path: Path
) -> None:
    with live(kafka_settings, tmp_path) as plant:
        before = load(FOLDER).version
        plant.await_records(lambda r: bool(r.models), 10, "a model decides")

        for model in BROKEN:
            plant.smuggle(plant.policy(cards=model))
        for name in PROCESSORS:
            plant.await_metric("garbo_refused_total", len(BROKEN), processor=name, what="policy")
        good = latest(plant, "cards")
        assert good is not None
        poisons = poison(good)
        plant.smuggle_snapshots("cards", *poisons)
        turns = cycle(poisons)

        def refused() -> bool:
            plant.smuggle_snapshots("cards", next(turns))  # one that a good one follows at once is not looked at
            labels = {"processor": "decide", "what": "snapshot"}
            return all(plant.metric(slot, "garbo_refused_total", **labels) >= 10 for slot in SLOTS)

        plant.until(refused, "poison is refused")
        plant.await_records(lambda r: bool(r.models), 10, "the learner's models decide")
        assert {before} == {r.policy_version for r in plant.records}
        assert "LogisticRegresion" in plant.logs(1_000_000)
        assert "does not conform: empty vector" in plant.logs(1_000_000)

        tree = plant.policy(cards=TREE)
        after = plant.publish(tree).version
        plant.await_records(lambda r: r.policy_version == after, 3, "the policy is swapped")
        swapped = len(plant.records)
        plant.smuggle(plant.policy(cards=BROKEN[0]))  # the worker that starts now must find the one before it
        plant.smuggle_snapshots("cards", *poisons)
        plant.kill(1)
        plant.await_records(lambda r: bool(r.models), 10, "models decide after the restart")
        config = config_hash(load(tree).models["cards"])
        plant.until(lambda: any(s.config == config for s in learnt(plant)), "the tree has learnt")
        plant.await_records(lambda r: bool(r.models), 10, "the tree decides")
        plant.finish()
        assert {after} == {r.policy_version for r in plant.records[swapped:]}
        trees = {s.version for s in learnt(plant) if s.config == config}
        assert all(trees >= {*r.models} for r in plant.records[-40:])


def learnt(plant: Plant) -> list[Snapshot]:
    found = []
    for _, value in plant.snapshots():
        try:
            found.append(snapshots.decode(value))
        except snapshots.SnapshotError:
            continue
    return found


def by_rival(record: DecisionRecord) -> bool:
    """The challenger decides as the champion, not for its share."""
    return bool(record.lineups) and record.lineups[0].model.startswith("by_card@")


def test_a_challenger_is_promoted_and_stays_so(kafka_settings: KafkaSettings, tmp_path: Path) -> None:
    with live(kafka_settings, tmp_path) as plant:
        plant.publish(plant.policy(by_card=RIVAL))
        plant.await_records(lambda r: any(x.share > 0 for x in r.lineups[1:]), 1, "the challenger contests")
        plant.kill(0)  # in the middle of its trial

        def promoted() -> bool:
            rival = latest(plant, "by_card")
            return rival is not None and rival.promoted == "cards"

        plant.until(promoted, "the challenger is promoted")
        plant.await_records(by_rival, 10, "the promoted challenger decides")
        plant.kill(1)
        plant.await_records(by_rival, 10, "it decides after a restart")
        plant.finish()
        for partition in range(4):
            judged = [r for r in plant.records if r.partition == partition and r.lineups and not r.fallback]
            first = next(n for n, r in enumerate(judged) if by_rival(r))
            assert all(map(by_rival, judged[first:]))
            assert {"plain_card"} >= {r.chosen for r in judged[first:] if r.chosen and not r.explored}
