"""The simulated world: deterministic, in order, and readable by the pipeline."""

import io
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

from garbo.bootstrap.settings import packaged_example
from garbo.core.vocabulary.events import ConsentChange, Touchpoint
from garbo.core.vocabulary.reasons import Disposition
from garbo.errors import ConfigError
from garbo.policy.loader import load
from garbo.processors.ports import InboundMessage
from garbo.simulation.jsonl import read_jsonl, write_jsonl
from garbo.simulation.world import world
from garbo.testing.driver import Driver


def lines(facts: list[InboundMessage]) -> bytes:
    file = io.BytesIO()
    write_jsonl(facts, file)
    return file.getvalue()


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others() -> None:
    assert lines(list(world(7, 80, 6))) == lines(list(world(7, 80, 6)))
    assert lines(list(world(7, 80, 6))) != lines(list(world(8, 80, 6)))


def test_facts_come_in_the_order_they_happened_each_once() -> None:
    facts = list(world(3, 300, 14))
    assert sorted(f.at for f in facts) == [f.at for f in facts]
    assert len(facts) == len({f.event_id for f in facts})


def test_every_kind_of_fact_occurs() -> None:
    journey = yaml.safe_load((packaged_example() / "journey.yaml").read_text())
    bodies = [f.body for f in world(5, 1500, 30)]
    kinds = Counter(b.kind for b in bodies if isinstance(b, Touchpoint))
    assert {
        "page_view", "social_post", "information_request", "simulation_completed", "transfer_failed", "balance_check",
        "account_opened", "complaint", "call_list", "competitor_visit", "form_abandoned", "branch_visit",
    } <= kinds.keys() <= journey["touchpoints"].keys()  # fmt: skip
    assert {"ActionOutcome", "ProfileUpdate", "ConsentChange", "Touchpoint"} == {type(b).__name__ for b in bodies}
    assert any(isinstance(b, ConsentChange) and not b.granted for b in bodies)


def test_noise_changes_when_facts_come_never_what_happened() -> None:
    clean, noisy = list(world(4, 400, 10)), list(world(4, 400, 10, duplicates=0.02, late=0.02))
    extra = Counter(f.event_id for f in noisy) - Counter(f.event_id for f in clean)
    behind = sum(a.at > b.at for a, b in pairwise(noisy))
    assert {f.event_id for f in clean} == {f.event_id for f in noisy}
    assert 0.01 < extra.total() / len(clean) < 0.03
    assert 0.01 < behind / len(clean) < 0.06


def test_the_pipeline_takes_every_fact_and_ends_duplicates_as_such() -> None:
    driver = Driver(load(packaged_example()))
    facts = list(world(2, 150, 12, duplicates=0.02, late=0.02))
    for fact in facts:
        driver.send(fact)
    driver.tick(facts[-1].at + 7 * 86_400_000)
    ends = Counter(d.disposition for d in driver.decisions())
    assert [] == driver.dead_letters()
    assert ends[Disposition.DUPLICATE] >= len(facts) - len({f.event_id for f in facts})
    assert driver.commands()


def test_jsonl_gives_back_what_was_written(tmp_path: Path) -> None:
    facts, path = list(world(1, 60, 5)), tmp_path / "world.jsonl"
    path.write_bytes(lines(facts) + b"\n")
    assert facts == list(read_jsonl(path))


def test_a_line_that_is_no_fact_is_named(tmp_path: Path) -> None:
    path = tmp_path / "world.jsonl"
    path.write_bytes(lines(list(world(1, 5, 1)))[:200] + b"\n")
    with pytest.raises(ConfigError, match="line 1"):
        list(read_jsonl(path))
    with pytest.raises(ConfigError, match="cannot read"):
        list(read_jsonl(tmp_path / "none.jsonl"))
